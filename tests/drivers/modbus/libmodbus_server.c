/* A Modbus TCP device by libmodbus: `libmodbus_server PORT`, one client after the other.
 * Registers 0..99 of both tables hold 1000 + address; 100/101 hold the float 1.5, 102/103 the
 * 32-bit -70000; every third coil and discrete input from 0 is on. */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static const uint16_t wide[] = {0x3FC0, 0x0000, 0xFFFE, 0xEE90};
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_t *device = modbus_new_tcp("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0);
    modbus_mapping_t *memory = modbus_mapping_new(64, 64, 104, 104);
    int listener, length;

    for (int i = 0; i < 64; i++)
        memory->tab_bits[i] = memory->tab_input_bits[i] = i % 3 == 0;
    for (int i = 0; i < 104; i++)
        memory->tab_registers[i] = memory->tab_input_registers[i] =
            i < 100 ? 1000 + i : wide[i - 100];
    if ((listener = modbus_tcp_listen(device, 1)) < 0) {
        fprintf(stderr, "listen: %s\n", modbus_strerror(errno));
        return 1;
    }
    for (;;) {
        modbus_tcp_accept(device, &listener);
        while ((length = modbus_receive(device, request)) >= 0)
            modbus_reply(device, request, length, memory);
        modbus_close(device);
    }
}
