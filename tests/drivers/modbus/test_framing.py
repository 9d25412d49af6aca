"""Frames of serial lines are found in any noise, and what is damaged is never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.framing import AsciiFramer, RtuFramer
from drivers.modbus.messages import answers_decoder
from tests.drivers.modbus.serial_peer import ascii_frame, rtu

UNITS, WORDS = st.integers(1, 247), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125)
NOISE = st.binary(max_size=40)


def registers(unit: int, words: list[int]) -> list[int]:
    """The message of an answer with these registers."""
    parts = [part for word in words for part in (word >> 8, word & 0xFF)]
    return [unit, 3, len(parts), *parts]


def found(framer: RtuFramer | AsciiFramer, data: bytes) -> list[list[int]]:
    """Every message in the input, unit first."""
    messages, used = [], 0
    while used < len(data):
        length, unit, _, message = framer.decode(data[used:])
        used += length
        if not message:
            break
        messages.append([unit, *message])
    return messages


@given(UNITS, WORDS, NOISE, NOISE)
def test_an_rtu_frame_is_found_in_noise(
    unit: int, words: list[int], before: bytes, behind: bytes
) -> None:
    message = registers(unit, words)
    framer = RtuFramer(answers_decoder())
    assert message in found(framer, before + rtu(*message) + behind)


@given(UNITS, WORDS, NOISE, NOISE)
def test_an_ascii_frame_is_found_in_noise(
    unit: int, words: list[int], before: bytes, behind: bytes
) -> None:
    message = registers(unit, words)
    framer = AsciiFramer(answers_decoder())
    noise = behind.replace(b":", b"")
    assert message in found(framer, before + ascii_frame(*message) + noise)


@given(UNITS, WORDS, st.data())
def test_a_frame_with_a_wrong_bit_is_none(unit: int, words: list[int], data: st.DataObject) -> None:
    """A CRC of 16 bits finds every single wrong bit."""
    frame = bytearray(rtu(*registers(unit, words)))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= 1 << data.draw(st.integers(0, 7))
    assert found(RtuFramer(answers_decoder()), bytes(frame)) == []


@given(UNITS, WORDS, st.data())
def test_half_a_frame_is_waited_for(unit: int, words: list[int], data: st.DataObject) -> None:
    frame = rtu(*registers(unit, words))
    half = frame[: data.draw(st.integers(0, len(frame) - 1))]
    assert RtuFramer(answers_decoder()).decode(half)[0] == 0


@pytest.mark.parametrize(
    "wrong", [b"\r\n", b":\r\n", b":01\r\n", b":0G0302\r\n", b":010302000500\r\n"]
)
def test_a_line_that_is_no_ascii_frame_is_passed_over(wrong: bytes) -> None:
    framer = AsciiFramer(answers_decoder())
    assert found(framer, wrong + ascii_frame(1, 3, 2, 0, 5)) == [[1, 3, 2, 0, 5]]
