"""A serial line, whose answers bear no number: none is ever taken for another's."""

import asyncio

import pytest

from drivers.modbus.answers import WrongLength
from drivers.modbus.line import Line, NoAnswer
from gateway.errors import Refused, Unanswered, Unreachable
from gateway.model.clock import SECOND
from gateway.site.connection_model import Framing, ModbusLine, Parity, Rs485, Serial
from gateway.site.modbus_model import RegisterTable
from tests.drivers.modbus.field import WITHIN_S
from tests.drivers.modbus.serial_peer import (
    SHORT,
    Peer,
    ascii_frame,
    peer_on_line,
    rtu,
    serial_line,
)

COIL, HOLDING = RegisterTable.COIL, RegisterTable.HOLDING_REGISTER


async def answered(peer: Peer, line: Line, address: int, *said: bytes) -> list[int]:
    """One register of unit 1, when the peer says that."""
    reading = asyncio.create_task(line.read(1, HOLDING, address, 1))
    assert await peer.hears() == rtu(1, 3, 0, address, 0, 1)
    peer.says(*said)
    return list(await reading)


def register(value: int, unit: int = 1) -> bytes:
    return rtu(unit, 3, 2, 0, value)


async def test_an_answer_is_read() -> None:
    async with peer_on_line() as (peer, line):
        assert await answered(peer, line, 7, register(5)) == [5]


async def test_a_late_reply_is_not_taken_for_the_next() -> None:
    async with peer_on_line(SHORT) as (peer, line):
        with pytest.raises(NoAnswer, match="no answer within 150 ms"):
            await answered(peer, line, 0)
        peer.says(register(111))
        assert await answered(peer, line, 9, register(222)) == [222]


async def test_a_unit_that_was_silent_is_left_alone_until_a_late_reply_is_over() -> None:
    loop = asyncio.get_running_loop()
    async with peer_on_line(SHORT) as (peer, line):
        with pytest.raises(NoAnswer):
            await answered(peer, line, 0)
        silent_at = loop.time()
        again = asyncio.create_task(line.read(1, HOLDING, 9, 1))
        other = asyncio.create_task(line.read(2, HOLDING, 0, 1))
        assert (await peer.hears())[0] == 2, "the others are not held up"
        peer.says(register(111), register(7, unit=2))
        assert await other == [7]
        assert await peer.hears() == rtu(1, 3, 0, 9, 0, 1)
        assert loop.time() - silent_at >= SHORT / SECOND - 0.01
        peer.says(register(222))
        assert await again == [222]


WRONG = {
    "another unit": rtu(2, 3, 2, 0, 111),
    "another function": rtu(1, 4, 2, 0, 111),
    "wrong checksum": rtu(1, 3, 2, 0, 111)[:-1] + b"\x00",
    "half a frame": rtu(1, 3, 2, 0, 111)[:4],
    "noise": b"\x00\xff\x01\x03\x55",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_what_is_no_answer_is_passed_over(wrong: bytes) -> None:
    async with peer_on_line(SHORT) as (peer, line):
        with pytest.raises(NoAnswer):
            await answered(peer, line, 0, wrong)
        assert await answered(peer, line, 0, register(222)) == [222]


ILL_SIZED = {"too long": rtu(1, 3, 4, 0, 111, 0, 111), "too short": rtu(1, 3, 0)}


@pytest.mark.parametrize("said", ILL_SIZED.values(), ids=ILL_SIZED)
async def test_an_answer_of_a_wrong_length_is_told_at_once_and_holds_up_no_other(
    said: bytes,
) -> None:
    """Its own right answer may still follow for as long as the time-out."""
    loop = asyncio.get_running_loop()
    async with peer_on_line() as (peer, line):
        begun = loop.time()
        with pytest.raises(WrongLength, match="asked for 1 registers"):
            await answered(peer, line, 0, said)
        again = asyncio.create_task(line.read(1, HOLDING, 9, 1))
        other = asyncio.create_task(line.read(2, HOLDING, 0, 1))
        assert (await peer.hears())[0] == 2
        peer.says(register(111), register(7, unit=2))
        assert await other == [7]
        assert loop.time() - begun < WITHIN_S / 2
        assert peer.unheard == 0
        assert not again.done()
        again.cancel()
    assert line.meter.units[1].errors == {"wrong-length": 1}


@pytest.mark.parametrize("wrong", [*WRONG.values(), *ILL_SIZED.values()], ids=[*WRONG, *ILL_SIZED])
async def test_the_answer_is_found_between_what_is_none(wrong: bytes) -> None:
    async with peer_on_line() as (peer, line):
        assert await answered(peer, line, 0, wrong, register(222), wrong) == [222]
        assert await answered(peer, line, 0, register(223)) == [223]


async def test_swapped_replies_of_two_units_go_to_whom_they_belong() -> None:
    async with peer_on_line(SHORT) as (peer, line):
        first = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        second = asyncio.create_task(line.read(2, HOLDING, 0, 1))
        await peer.hears()
        peer.says(register(22, unit=2))
        with pytest.raises(NoAnswer):
            await first
        await peer.hears()
        peer.says(register(11), register(22, unit=2))
        assert await second == [22]


async def test_slow_bytes_are_waited_for() -> None:
    async with peer_on_line() as (peer, line):
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        await peer.hears()
        for byte in register(5):
            peer.says(bytes([byte]))
            await asyncio.sleep(0.003)
        assert await reading == [5]


async def test_an_answer_that_is_coming_in_is_not_cut_off_by_the_time_out() -> None:
    """Of 125 registers at 1200 baud it takes over two seconds."""
    async with peer_on_line(SHORT) as (peer, line):
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        await peer.hears()
        for byte in register(5):
            await asyncio.sleep(SHORT / SECOND / 5)
            peer.says(bytes([byte]))
        assert await reading == [5]


async def test_a_line_that_never_stops_talking_is_waited_for_twice_the_time_out_at_most() -> None:
    loop = asyncio.get_running_loop()
    async with peer_on_line(SHORT) as (peer, line):
        begun = loop.time()
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        await peer.hears()
        while not reading.done():
            peer.says(b"\x55")
            await asyncio.sleep(0.005)
        assert loop.time() - begun < 3 * SHORT / SECOND
        with pytest.raises(NoAnswer):
            await reading


async def test_a_frame_comes_after_three_and_a_half_characters_of_silence() -> None:
    """32 ms at 1200 baud (Modbus over Serial Line V1.02, 2.5.1.1)."""
    loop = asyncio.get_running_loop()
    async with peer_on_line(baud=1200) as (peer, line):
        await answered(peer, line, 0, register(5))
        answered_at = loop.time()
        await answered(peer, line, 0, register(5))
        assert loop.time() - answered_at >= 0.028


async def test_a_line_that_is_never_quiet_is_the_lines_failure() -> None:
    async def chatter(peer: Peer) -> None:
        while True:
            peer.says(b"\x55")
            await asyncio.sleep(0.001)

    async with peer_on_line(SHORT, baud=1200) as (peer, line):
        await answered(peer, line, 0, register(5))
        talking = asyncio.create_task(chatter(peer))
        with pytest.raises(Unreachable, match="never quiet") as told:
            await line.read(1, HOLDING, 0, 1)
        talking.cancel()
    assert not isinstance(told.value, NoAnswer)


async def test_a_broadcast_is_answered_by_nobody_and_units_get_time_to_obey() -> None:
    loop = asyncio.get_running_loop()
    async with peer_on_line() as (peer, line):
        await line.write(0, HOLDING, 3, [7])
        told_at = loop.time()
        assert await peer.hears() == rtu(0, 6, 0, 3, 0, 7)
        await answered(peer, line, 0, register(5))
        assert loop.time() - told_at >= 0.09
        with pytest.raises(Refused, match="nobody answers a broadcast"):
            await line.read(0, HOLDING, 0, 1)


@pytest.mark.parametrize(
    "echo",
    [rtu(1, 6, 0, 4, 0, 7), rtu(1, 6, 0, 3, 0, 8), rtu(2, 6, 0, 3, 0, 7), rtu(1, 3, 2, 0, 7)],
    ids=["another address", "another value", "another unit", "a reading"],
)
async def test_a_write_is_done_only_when_it_is_echoed(echo: bytes) -> None:
    async with peer_on_line(SHORT) as (peer, line):
        writing = asyncio.create_task(line.write(1, HOLDING, 3, [7]))
        assert await peer.hears() == rtu(1, 6, 0, 3, 0, 7)
        peer.says(echo)
        with pytest.raises(Unanswered, match="no answer within"):
            await writing
        assert peer.unheard == 0, "and it is not sent again"


async def test_cancellation_leaves_the_line_in_step() -> None:
    async with peer_on_line(SHORT) as (peer, line):
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        await peer.hears()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        peer.says(register(111))
        assert await answered(peer, line, 9, register(222)) == [222]


async def test_an_unplugged_adapter_is_told_at_once() -> None:
    async with peer_on_line() as (peer, line):
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        await peer.hears()
        peer.unplugs()
        async with asyncio.timeout(5):
            with pytest.raises(NoAnswer, match="broke off"):
                await reading


async def test_a_port_that_is_not_there_is_named() -> None:
    async with Line(serial_line("/dev/does-not-exist", SHORT)) as line:
        with pytest.raises(Unreachable, match=r"plant-room \(/dev/does-not-exist\).*serial port"):
            await line.read(1, HOLDING, 0, 1)


async def test_a_port_that_another_program_uses_is_not_shared() -> None:
    """Two masters on one line would take each other's answers."""
    async with peer_on_line() as (peer, line):
        await answered(peer, line, 0, register(5))
        async with Line(serial_line(peer.port, SHORT)) as second:
            with pytest.raises(Unreachable, match="cannot be used"):
                await second.read(1, HOLDING, 0, 1)


async def test_a_port_without_an_rs485_mode_says_so() -> None:
    async with peer_on_line() as (peer, _):
        transport = Serial(peer.port, 19_200, Parity.NONE, rs485=Rs485())
        async with Line(ModbusLine("plant-room", transport, Framing.RTU, SHORT)) as line:
            with pytest.raises(Unreachable, match="cannot switch to sending by itself") as told:
                await line.read(1, HOLDING, 0, 1)
    assert told.value.subject == f"plant-room ({peer.port})"
    assert "leave out connections.plant-room.rs485" in told.value.remedy


async def test_a_port_that_has_no_parity_says_so() -> None:
    """A pseudo-terminal is one."""
    async with peer_on_line() as (peer, _):
        transport = Serial(peer.port, 19_200, Parity.EVEN)
        async with Line(ModbusLine("plant-room", transport, Framing.RTU, SHORT)) as line:
            with pytest.raises(Unreachable, match="it has not these settings"):
                await line.read(1, HOLDING, 0, 1)


ASCII_REQUEST = ascii_frame(1, 3, 0, 0, 0, 1)
ASCII_ANSWER = ascii_frame(1, 3, 2, 0, 5)


@pytest.mark.parametrize(
    "said",
    [
        ASCII_ANSWER,
        b"\xff:01" + ASCII_ANSWER + b":0",
        b"no frame\r\n:zz\r\n:\r\n" + ASCII_ANSWER,
        ascii_frame(1, 3, 2, 0, 9)[:-4] + b"00\r\n" + ASCII_ANSWER,
        ascii_frame(2, 3, 2, 0, 9) + ascii_frame(1, 3, 4, 0, 9, 0, 9) + ASCII_ANSWER,
    ],
    ids=["alone", "in noise", "behind lines", "behind a wrong checksum", "behind others"],
)
async def test_an_ascii_answer_is_found(said: bytes) -> None:
    async with peer_on_line(framing=Framing.ASCII) as (peer, line):
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 1))
        assert await peer.hears(len(ASCII_REQUEST)) == ASCII_REQUEST
        peer.says(said)
        assert await reading == [5]


async def test_an_ascii_answer_that_is_too_short_is_told_at_once() -> None:
    async with peer_on_line(framing=Framing.ASCII) as (peer, line):
        reading = asyncio.create_task(line.read(1, HOLDING, 0, 2))
        await peer.hears(len(ASCII_REQUEST))
        peer.says(ASCII_ANSWER)
        with pytest.raises(WrongLength, match="asked for 2 registers, answered 1"):
            await reading


async def test_coils_by_ascii() -> None:
    async with peer_on_line(framing=Framing.ASCII) as (peer, line):
        reading = asyncio.create_task(line.read(17, COIL, 19, 3))
        assert await peer.hears(17) == ascii_frame(17, 1, 0, 19, 0, 3)
        peer.says(ascii_frame(17, 1, 1, 0b101))
        assert await reading == [1, 0, 1]
