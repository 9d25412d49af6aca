"""Writing: what is sent, and how what may have been done is told from what was not."""

import pytest

from drivers.modbus.line import IllegalAddress, Line
from gateway.errors import GatehouseError, Refused, Unanswered, Unreachable
from gateway.model.clock import gateway_clock
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_faults import Dead, Excepts, Fault, Mute, Resets, WrongUnit
from simulators.modbus_server import ModbusServer, Tables, Unit, memory_unit
from tests.drivers.modbus.field import HOST, SHORT, Asked, connection, wire
from tests.servers import free_port

COIL, HOLDING = RegisterTable.COIL, RegisterTable.HOLDING_REGISTER
INPUT = RegisterTable.INPUT_REGISTER


def memory() -> Unit:
    return memory_unit(
        Tables(coils=dict.fromkeys(range(8), False), holding_registers={9: 1, 10: 2})
    )


@pytest.mark.parametrize(
    ("table", "address", "values", "function"),
    [
        (COIL, 2, [1], None),
        (COIL, 2, [1], 15),
        (COIL, 2, [1, 0, 1], None),
        (HOLDING, 9, [0xFFFF], None),
        (HOLDING, 9, [0xFFFF], 16),
        (HOLDING, 9, [3, 4], None),
    ],
)
async def test_what_is_written_is_read_back(
    table: RegisterTable, address: int, values: list[int], function: int | None
) -> None:
    async with (
        ModbusServer(HOST, 0, {1: memory()}, gateway_clock()) as server,
        Line(connection(server.port)) as line,
    ):
        await line.write(1, table, address, values, function=function)
        assert list(await line.read(1, table, address, len(values))) == values


async def test_bits_are_set_by_a_mask_and_registers_read_behind_a_write() -> None:
    async with (
        ModbusServer(HOST, 0, {1: memory()}, gateway_clock()) as server,
        Line(connection(server.port)) as line,
    ):
        await line.write(1, HOLDING, 9, [0x12])
        await line.mask_write(1, 9, 0xF2, 0x25)  # the example of 6.16
        assert list(await line.read(1, HOLDING, 9, 1)) == [0x17]
        assert list(await line.read_write(1, 9, 2, 10, [77])) == [0x17, 77]


@pytest.mark.parametrize(
    ("table", "values", "function", "sent"),
    [
        (COIL, [1], None, (5, 0xFF00)),
        (COIL, [0], None, (5, 0)),
        (COIL, [1, 1], None, (15, 2)),
        (HOLDING, [7], None, (6, 7)),
        (HOLDING, [7, 8], None, (16, 2)),
        (HOLDING, [7], 16, (16, 1)),
    ],
)
async def test_each_way_of_writing_has_its_function_code(
    table: RegisterTable, values: list[int], function: int | None, sent: tuple[int, int]
) -> None:
    def say(asked: Asked) -> bytes:
        return asked.exception(1)

    async with wire(say) as served, Line(connection(served.port)) as line:
        with pytest.raises(Refused, match="illegal function"):
            await line.write(1, table, 300, values, function=function)
    assert [(asked.function, asked.count) for asked in served.asked] == [sent]


@pytest.mark.parametrize(
    ("table", "address", "values", "function", "told"),
    [
        (INPUT, 0, [1], None, "does not write to an input register"),
        (COIL, 0, [1], 6, "function 6 does not write to a coil"),
        (HOLDING, 0, [1, 2], 6, "function 6 writes 1 to 1 values, not 2"),
        (HOLDING, 0, [], None, "writes 1 to 123 values, not 0"),
        (HOLDING, 0, [0] * 124, None, "writes 1 to 123 values, not 124"),
        (HOLDING, 0, [65536], None, "holds 0 to 65535"),
        (COIL, 0, [2], None, "holds 0 to 1"),
        (HOLDING, 65535, [1, 1], None, "not in 0…65535"),
    ],
)
async def test_what_cannot_be_written_is_not_sent(
    table: RegisterTable, address: int, values: list[int], function: int | None, told: str
) -> None:
    async with wire(lambda _: b"") as served, Line(connection(served.port)) as line:
        with pytest.raises(Refused, match=told):
            await line.write(1, table, address, values, function=function)
        assert served.connections == 0


@pytest.mark.parametrize(
    ("fault", "error", "done"),
    [
        (Mute(), Unanswered, True),
        (Dead(), Unanswered, False),
        (Resets(), Unanswered, True),
        (WrongUnit(), Unanswered, True),
        (Excepts(1), Refused, False),
        (Excepts(2), IllegalAddress, False),
        (Excepts(3), Refused, False),
        (Excepts(4), Unanswered, False),
        (Excepts(5), Unanswered, False),
        (Excepts(6), Refused, False),
        (Excepts(10), Unreachable, False),
        (Excepts(11), Unanswered, False),
    ],
)
async def test_what_may_have_been_done_is_told_from_what_was_refused_and_sent_once(
    fault: Fault, error: type[GatehouseError], done: bool
) -> None:
    unit = memory()
    unit.fault = fault
    async with (
        ModbusServer(HOST, 0, {1: unit}, gateway_clock()) as server,
        Line(connection(server.port, SHORT)) as line,
    ):
        with pytest.raises(error) as told:
            await line.write(1, HOLDING, 9, [42])
        assert isinstance(told.value, Unanswered) is (error is Unanswered)
        assert unit.tables(0).holding_registers[9] == (42 if done else 1)
        sent = unit.asked
        unit.fault = None
        await line.read(1, HOLDING, 9, 1)
        assert unit.asked == sent + 1, "nothing was sent again"


async def test_what_was_never_sent_has_not_been_done() -> None:
    async with Line(connection(free_port())) as line:
        with pytest.raises(Unreachable) as told:
            await line.write(1, HOLDING, 9, [42])
    assert not isinstance(told.value, Unanswered)
