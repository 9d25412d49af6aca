"""One connection: no answer is ever taken for another's."""

import asyncio

import pytest

from drivers.modbus.line import IllegalAddress, Line, NoAnswer
from gateway.errors import Malformed, Refused, Unreachable
from gateway.model.clock import MILLISECOND
from gateway.site.modbus_model import RegisterTable
from tests.drivers.modbus.field import Asked, connection, wire, within
from tests.servers import free_port

HOLDING = RegisterTable.HOLDING_REGISTER
SHORT = 300 * MILLISECOND


async def test_a_late_reply_is_not_taken_for_the_next() -> None:
    late: list[Asked] = []

    def say(asked: Asked) -> bytes:
        if not late:
            late.append(asked)
            return b""
        # As a serial gateway may: the old answer comes first, on whatever connection there is.
        return late[0].registers(111) + asked.registers(222)

    async with wire(say) as served, Line(connection(served.port, SHORT)) as line:
        with pytest.raises(NoAnswer, match="no answer within"):
            await line.read(1, HOLDING, 0, 1)
        assert await line.read(1, HOLDING, 0, 1) == [222]
        assert served.connections == 2, "resynchronised by a new connection"
        assert served.asked[0].transaction != served.asked[1].transaction


async def test_half_a_late_reply_does_not_garble_the_next() -> None:
    def say(asked: Asked) -> bytes:
        return asked.registers(222)[: None if len(served.asked) > 1 else 5]

    async with wire(say) as served, Line(connection(served.port, SHORT)) as line:
        with pytest.raises(NoAnswer):
            await line.read(1, HOLDING, 0, 1)
        assert await line.read(1, HOLDING, 0, 1) == [222]


@pytest.mark.parametrize("wrong", [{"unit": 2}, {"transaction": 4711}])
async def test_an_answer_of_another_unit_or_transaction_is_passed_over(
    wrong: dict[str, int],
) -> None:
    def say(asked: Asked) -> bytes:
        return asked.registers(111, **wrong) + (
            asked.registers(222) if len(served.asked) > 1 else b""
        )

    async with wire(say) as served, Line(connection(served.port, SHORT)) as line:
        with pytest.raises(NoAnswer):
            await line.read(1, HOLDING, 0, 1)
        assert await line.read(1, HOLDING, 0, 1) == [222]


@pytest.mark.parametrize(
    "say",
    [
        lambda asked: asked.registers(1, 2, transaction=0),
        lambda asked: asked.registers(1, 2, function=4),
        lambda asked: asked.registers(1),
        lambda asked: asked.registers(1, 2, 3),
    ],
    ids=["transaction 0", "another function", "too short", "too long"],
)
async def test_an_answer_that_does_not_fit_the_request_is_malformed(say: object) -> None:
    assert callable(say)
    async with wire(say) as served, Line(connection(served.port)) as line:
        with pytest.raises(Malformed, match="plant-room unit 1"):
            await line.read(1, HOLDING, 0, 2)
        await within(served.closed.wait())


async def test_unit_0_takes_no_other_units_answer() -> None:
    async with (
        wire(lambda asked: asked.registers(1, unit=9)) as served,
        Line(connection(served.port)) as line,
    ):
        with pytest.raises(Malformed):
            await line.read(0, HOLDING, 0, 1)


async def test_coils_are_packed_least_significant_bit_first() -> None:
    async with (
        wire(lambda asked: asked.answer(bytes([2, 0b0000_0101, 0b0000_0010]))) as served,
        Line(connection(served.port)) as line,
    ):
        assert await line.read(1, RegisterTable.COIL, 0, 10) == [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]
        assert served.asked[0].function == 1


@pytest.mark.parametrize(
    ("table", "function"),
    [
        (RegisterTable.COIL, 1),
        (RegisterTable.DISCRETE_INPUT, 2),
        (RegisterTable.HOLDING_REGISTER, 3),
        (RegisterTable.INPUT_REGISTER, 4),
    ],
)
async def test_each_table_has_its_function_code(table: RegisterTable, function: int) -> None:
    async with (
        wire(lambda asked: asked.exception(1)) as served,
        Line(connection(served.port)) as line,
    ):
        with pytest.raises(Refused):
            await line.read(7, table, 300, 16)
        asked = served.asked[0]
        assert (asked.unit, asked.function, asked.address, asked.count) == (7, function, 300, 16)


@pytest.mark.parametrize(
    ("code", "error"),
    [(1, Refused), (2, IllegalAddress), (4, Refused), (9, Refused), (10, NoAnswer), (11, NoAnswer)],
)
async def test_an_exception_response_is_told_by_name_and_keeps_the_connection(
    code: int, error: type[Exception]
) -> None:
    async with (
        wire(lambda asked: asked.exception(code)) as served,
        Line(connection(served.port)) as line,
    ):
        for _ in range(2):
            with pytest.raises(error, match=f"exception {code} "):
                await line.read(1, HOLDING, 0, 1)
        assert served.connections == 1


async def test_one_request_at_a_time() -> None:
    async with (
        wire(lambda asked: asked.registers(asked.address)) as served,
        Line(connection(served.port)) as line,
    ):
        answers = await asyncio.gather(*(line.read(1, HOLDING, each, 1) for each in range(20)))
    assert answers == [[each] for each in range(20)]
    assert not served.pipelined
    assert served.connections == 1


async def test_cancellation_is_not_turned_into_an_error() -> None:
    arrived = asyncio.Event()

    def say(asked: Asked) -> bytes:
        arrived.set()
        return b""

    async with wire(say) as served, Line(connection(served.port)) as line:
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        await within(arrived.wait())
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await within(served.closed.wait())


async def test_a_connection_that_breaks_off_is_told_at_once_and_made_anew() -> None:
    def say(asked: Asked) -> bytes | None:
        return None if len(served.asked) == 1 else asked.registers(5)

    async with wire(say) as served, Line(connection(served.port)) as line:
        async with asyncio.timeout(5):  # far less than the time-out of the line
            with pytest.raises(NoAnswer, match="broke off"):
                await line.read(1, HOLDING, 0, 1)
        assert await line.read(1, HOLDING, 0, 1) == [5]


@pytest.mark.parametrize("garbage", [b"\x00" * 3, b"\xff" * 300, b"GET / HTTP/1.1\r\n\r\n"])
async def test_garbage_is_no_answer_and_the_next_request_is_well(garbage: bytes) -> None:
    def say(asked: Asked) -> bytes:
        return garbage if len(served.asked) == 1 else asked.registers(5)

    async with wire(say) as served, Line(connection(served.port, SHORT)) as line:
        with pytest.raises(NoAnswer):
            await line.read(1, HOLDING, 0, 1)
        assert await line.read(1, HOLDING, 0, 1) == [5]


async def test_an_undecodable_answer_breaks_its_connection_only() -> None:
    def say(asked: Asked) -> bytes:
        cut_short = asked.answer(bytes([9, 0, 1]))
        return cut_short if len(served.asked) == 1 else asked.registers(5)

    async with wire(say) as served, Line(connection(served.port)) as line:
        async with asyncio.timeout(5):
            with pytest.raises(NoAnswer):
                await line.read(1, HOLDING, 0, 1)
        assert await line.read(1, HOLDING, 0, 1) == [5]


async def test_nobody_listening_is_the_lines_failure_and_not_the_units() -> None:
    async with Line(connection(free_port())) as line:
        with pytest.raises(Unreachable, match="plant-room") as told:
            await line.read(1, HOLDING, 0, 1)
    assert not isinstance(told.value, NoAnswer)
