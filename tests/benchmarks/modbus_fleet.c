/* Modbus TCP devices by libmodbus, one for each connection: `modbus_fleet PORT`.
 * Registers 0..124 hold 1000 + address. */
#include <errno.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST 1024

int main(int argc, char **argv)
{
    static struct pollfd sockets[MOST];
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_t *device = modbus_new_tcp("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0);
    modbus_mapping_t *memory = modbus_mapping_new(0, 0, 125, 125);
    int open = 1, length;

    for (int i = 0; i < 125; i++)
        memory->tab_registers[i] = memory->tab_input_registers[i] = 1000 + i;
    if ((sockets[0].fd = modbus_tcp_listen(device, MOST)) < 0) {
        fprintf(stderr, "listen: %s\n", modbus_strerror(errno));
        return 1;
    }
    sockets[0].events = POLLIN;
    while (poll(sockets, open, -1) > 0) {
        for (int i = open - 1; i > 0; i--) {
            if (!sockets[i].revents)
                continue;
            modbus_set_socket(device, sockets[i].fd);
            if ((length = modbus_receive(device, request)) >= 0)
                modbus_reply(device, request, length, memory);
            else {
                close(sockets[i].fd);
                sockets[i] = sockets[--open];
            }
        }
        if (sockets[0].revents && open < MOST) {
            int listener = sockets[0].fd;
            sockets[open].fd = modbus_tcp_accept(device, &listener);
            sockets[open++].events = POLLIN;
        }
    }
    return 1;
}
