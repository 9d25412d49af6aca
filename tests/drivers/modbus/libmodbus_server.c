/* A Modbus device by libmodbus: `libmodbus_server PORT` by TCP, one client after the other, or
 * `libmodbus_server DEVICE` as unit 1 of a serial line, 19200 baud, no parity.
 * Registers 0..99 of both tables hold 1000 + address; 100/101 hold the float 1.5, 102/103 the
 * 32-bit -70000; every third coil and discrete input from 0 is on. What is written is kept. */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
    return 1;
}

static int serve_clients(modbus_t *device, modbus_mapping_t *memory)
{
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    int length, listener = modbus_tcp_listen(device, 1);

    if (listener < 0)
        return fail("listen");
    for (;;) {
        modbus_tcp_accept(device, &listener);
        while ((length = modbus_receive(device, request)) >= 0)
            modbus_reply(device, request, length, memory);
        modbus_close(device);
    }
}

static int serve_line(modbus_t *device, modbus_mapping_t *memory)
{
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    int length;

    modbus_set_slave(device, 1);
    if (modbus_connect(device) < 0)
        return fail("connect");
    puts("serving");
    fflush(stdout);
    for (;;)
        if ((length = modbus_receive(device, request)) > 0)
            modbus_reply(device, request, length, memory);
}

int main(int argc, char **argv)
{
    static const uint16_t wide[] = {0x3FC0, 0x0000, 0xFFFE, 0xEE90};
    modbus_mapping_t *memory = modbus_mapping_new(64, 64, 104, 104);
    const char *where = argc > 1 ? argv[1] : "0";

    for (int i = 0; i < 64; i++)
        memory->tab_bits[i] = memory->tab_input_bits[i] = i % 3 == 0;
    for (int i = 0; i < 104; i++)
        memory->tab_registers[i] = memory->tab_input_registers[i] =
            i < 100 ? 1000 + i : wide[i - 100];
    if (strchr(where, '/'))
        return serve_line(modbus_new_rtu(where, 19200, 'N', 8, 1), memory);
    return serve_clients(modbus_new_tcp("127.0.0.1", atoi(where)), memory);
}
