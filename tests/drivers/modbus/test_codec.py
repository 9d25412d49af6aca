"""Values in registers."""

import math
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import Decoder, decode
from drivers.modbus.encoding import encode, taken
from gateway.errors import Refused
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality
from gateway.model.text import Text
from gateway.site.modbus_model import (
    Order,
    RegisterPoint,
    RegisterTable,
    RegisterType,
    TextEncoding,
    TimeLayout,
)

NAME = Text("Level", "液位")
WORD = st.integers(0, 0xFFFF)
NOTHING = (None, Quality.BAD)
NUMBERS = [kind for kind in RegisterType if kind not in (RegisterType.STRING, RegisterType.TIME)]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def number(
    kind: RegisterType, *, low: float | None = None, high: float | None = None, **keys: Any
) -> RegisterPoint:
    point = Point("tank/level", PointKind.NUMBER, NAME, low=low, high=high)
    table = RegisterTable.COIL if kind is RegisterType.BIT else RegisterTable.INPUT_REGISTER
    return RegisterPoint(point, table, keys.pop("address", 0), kind, **keys)


def state(kind: RegisterType = RegisterType.UINT16, **keys: Any) -> RegisterPoint:
    point = Point("pump/run", PointKind.STATE, NAME, states=("stopped", "running"))
    states = {range(1): "stopped", range(1, 2): "running"}
    keys = {"states": states, **keys}
    return RegisterPoint(point, RegisterTable.INPUT_REGISTER, 0, kind, **keys)


def text(kind: RegisterType = RegisterType.STRING, **keys: Any) -> RegisterPoint:
    point = Point("meter/serial", PointKind.TEXT, NAME)
    return RegisterPoint(point, RegisterTable.HOLDING_REGISTER, 0, kind, **keys)


@pytest.mark.parametrize(
    ("kind", "words", "value"),
    [
        (RegisterType.BIT, (1,), 1.0),
        (RegisterType.INT8, (0x12FF,), -1.0),
        (RegisterType.UINT8, (0x12FF,), 255.0),
        (RegisterType.INT16, (0xFFFF,), -1.0),
        (RegisterType.UINT16, (0xFFFF,), 65535.0),
        (RegisterType.INT32, (0xFFFF, 0xFFFE), -2.0),
        (RegisterType.UINT32, (0x0001, 0x0002), 65538.0),
        (RegisterType.INT64, (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFD), -3.0),
        (RegisterType.UINT64, (0x0000, 0x0001, 0x0000, 0x0000), 4294967296.0),
        (RegisterType.FLOAT16, (0x3E00,), 1.5),
        (RegisterType.FLOAT32, (0x3FC0, 0x0000), 1.5),
        (RegisterType.FLOAT64, (0x3FF8, 0x0000, 0x0000, 0x0000), 1.5),
        (RegisterType.BCD16, (0x1234,), 1234.0),
        (RegisterType.BCD32, (0x1234, 0x5678), 12345678.0),
        (RegisterType.BCD64, (0x0000, 0x0001, 0x2345, 0x6789), 123456789.0),
    ],
)
def test_known_registers_say_known_values(
    kind: RegisterType, words: tuple[int, ...], value: float
) -> None:
    assert decode(number(kind), words) == (value, Quality.GOOD)
    assert decode(number(kind, word_order=Order.LITTLE), words[::-1]) == (value, Quality.GOOD)


@pytest.mark.parametrize(
    ("byte_order", "word_order", "words"),
    [
        (Order.BIG, Order.BIG, (0x0A0B, 0x0C0D)),
        (Order.BIG, Order.LITTLE, (0x0C0D, 0x0A0B)),
        (Order.LITTLE, Order.BIG, (0x0B0A, 0x0D0C)),
        (Order.LITTLE, Order.LITTLE, (0x0D0C, 0x0B0A)),
    ],
    ids=["ABCD", "CDAB", "BADC", "DCBA"],
)
def test_all_four_orders_of_four_bytes(
    byte_order: Order, word_order: Order, words: tuple[int, ...]
) -> None:
    register = number(RegisterType.UINT32, byte_order=byte_order, word_order=word_order)
    assert decode(register, words) == (float(0x0A0B0C0D), Quality.GOOD)
    assert encode(register, float(0x0A0B0C0D)) == words


def test_a_byte_is_the_high_or_the_low_half_of_its_register() -> None:
    high, low = number(RegisterType.UINT8, high_byte=True), number(RegisterType.UINT8)
    assert (decode(high, (0x1234,))[0], decode(low, (0x1234,))[0]) == (0x12, 0x34)
    assert (encode(high, 0x12), taken(high)) == ((0x1200,), (0xFF00,))
    assert (encode(low, 0x34), taken(low)) == ((0x0034,), (0x00FF,))


def test_a_mask_gives_its_bits_shifted_down_and_a_bit_is_a_mask_of_one() -> None:
    nibble = number(RegisterType.UINT16, mask=0x00F0)
    assert decode(nibble, (0xFF3F,)) == (3.0, Quality.GOOD)
    assert (encode(nibble, 3), taken(nibble)) == ((0x0030,), (0x00F0,))
    bit = state(RegisterType.BIT, mask=1 << 3)
    assert [decode(bit, (word,))[0] for word in (0xFFF7, 0x0008)] == ["stopped", "running"]
    assert (encode(bit, "running"), taken(bit)) == ((0x0008,), (0x0008,))
    with pytest.raises(Refused):
        encode(nibble, 16)


def test_a_mask_of_two_registers_follows_their_order() -> None:
    register = number(RegisterType.UINT32, mask=0x00FF_FF00, word_order=Order.LITTLE)
    assert decode(register, (0x3456, 0x0012)) == (float(0x1234), Quality.GOOD)
    assert (encode(register, 0x1234), taken(register)) == ((0x3400, 0x0012), (0xFF00, 0x00FF))


def test_scale_and_offset_apply_to_the_raw_value() -> None:
    register = number(RegisterType.INT16, scale=0.1, offset=-40.0)
    value, quality = decode(register, (655,))
    assert value == pytest.approx(25.5)
    assert quality is Quality.GOOD
    assert encode(register, 25.5) == (655,)


_RAW = {
    RegisterType.FLOAT16: st.floats(-65504, 65504, width=16),
    RegisterType.FLOAT32: st.floats(-(2.0**100), 2.0**100, width=32),
    RegisterType.FLOAT64: st.floats(-(2.0**100), 2.0**100),
    RegisterType.BIT: st.integers(0, 1),
    RegisterType.BCD16: st.integers(0, 9999),
    RegisterType.BCD32: st.integers(0, 99_999_999),
    RegisterType.BCD64: st.integers(0, 1 << 53),
}


def raws(kind: RegisterType) -> st.SearchStrategy[float]:
    if kind in _RAW:
        return _RAW[kind]
    bits = min(int(kind.lstrip("uint")), 53)
    low = -(1 << bits - 1) if kind.startswith("int") else 0
    return st.integers(low, low + (1 << bits) - 1)


@given(
    st.sampled_from(NUMBERS),
    st.sampled_from(Order),
    st.sampled_from(Order),
    st.booleans(),
    st.sampled_from([(1.0, 0.0), (0.1, -40.0), (10.0, 273.15), (-1.0, 0.0)]),
    st.data(),
)
def test_what_is_encoded_is_decoded(
    kind: RegisterType,
    word_order: Order,
    byte_order: Order,
    high_byte: bool,
    linear: tuple[float, float],
    data: st.DataObject,
) -> None:
    raw = data.draw(raws(kind))
    scale, offset = linear
    register = number(
        kind,
        scale=scale,
        offset=offset,
        word_order=word_order,
        byte_order=byte_order,
        high_byte=high_byte,
    )
    words = encode(register, raw * scale + offset)
    assert len(words) == register.width
    assert all(word & ~mine == 0 for word, mine in zip(words, taken(register), strict=True))
    decoded, quality = decode(register, words)
    assert quality is Quality.GOOD
    assert decoded == pytest.approx(raw * scale + offset, rel=1e-3, abs=1e-6)


@given(st.sampled_from(NUMBERS), st.lists(WORD, min_size=4, max_size=4))
def test_any_registers_give_a_finite_number_or_nothing(
    kind: RegisterType, words: list[int]
) -> None:
    value, quality = decode(number(kind), words[: number(kind).width])
    if quality is Quality.GOOD:
        assert isinstance(value, float)
        assert math.isfinite(value)
    else:
        assert (value, quality) == NOTHING


@st.composite
def crowds(draw: st.DrawFn) -> list[RegisterPoint]:
    """Registers of every type and order anywhere in 20, also over each other."""
    kinds = [kind for kind in NUMBERS if kind is not RegisterType.BIT]
    registers = []
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(kinds))
        missing = draw(st.frozensets(st.integers(0, 255), max_size=2))
        registers.append(
            number(
                kind,
                address=draw(st.integers(0, 16)),
                word_order=draw(st.sampled_from(Order)),
                byte_order=draw(st.sampled_from(Order)),
                high_byte=draw(st.booleans()),
                not_available=missing,
            )
        )
    return registers


@given(crowds(), st.lists(WORD, min_size=20, max_size=20))
def test_a_block_says_of_each_register_what_its_own_bytes_say(
    registers: list[RegisterPoint], words: list[int]
) -> None:
    """Bytes turned and taken apart one by one here, without the block's struct."""
    for register, decoded in zip(registers, Decoder(registers, 0)(words), strict=True):
        assert decoded == plainly(register, words[register.address : register.end])


def plainly(register: RegisterPoint, words: Sequence[int]) -> tuple[float | None, Quality]:
    pairs = [divmod(word, 256) for word in words]
    if register.byte_order is Order.LITTLE:
        pairs = [(low, high) for high, low in pairs]
    if register.word_order is Order.LITTLE:
        pairs = pairs[::-1]
    data = bytes(byte for pair in pairs for byte in pair)
    kind = register.type
    if kind in (RegisterType.INT8, RegisterType.UINT8):
        data = data[:1] if register.high_byte else data[1:]
    whole = int.from_bytes(data, "big")
    if whole in register.not_available:
        return NOTHING
    if kind.startswith("float"):
        value = struct.unpack(f">{' efxd'[len(data) // 2]}", data)[0]
        return (value, Quality.GOOD) if math.isfinite(value) else NOTHING
    if kind.startswith("bcd"):
        return (float(f"{whole:x}"), Quality.GOOD) if f"{whole:x}".isdecimal() else NOTHING
    return float(int.from_bytes(data, "big", signed=kind.startswith("int"))), Quality.GOOD


@pytest.mark.parametrize("raw", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_finite_number_is_bad(raw: float) -> None:
    words = struct.unpack(">2H", struct.pack(">f", raw))
    assert decode(number(RegisterType.FLOAT32), words) == NOTHING


def test_beyond_the_points_limits_is_bad_and_on_them_is_good() -> None:
    register = number(RegisterType.INT16, low=0.0, high=10.0)
    qualities = [decode(register, (raw,))[1] for raw in (0xFFFF, 0, 10, 11)]
    assert qualities == [Quality.BAD, Quality.GOOD, Quality.GOOD, Quality.BAD]
    assert decode(register, (11,)) == NOTHING


@pytest.mark.parametrize(
    ("kind", "pattern", "words", "beside"),
    [
        (RegisterType.INT16, 0x8000, (0x8000,), (0x8001,)),
        (RegisterType.UINT16, 0xFFFF, (0xFFFF,), (0xFFFE,)),
        (RegisterType.INT32, 0x8000_0000, (0x8000, 0), (0x8000, 1)),
        (RegisterType.INT8, 0x80, (0x1280,), (0x8012,)),
        (RegisterType.FLOAT32, 0x8000_0000, (0x8000, 0), (0, 0)),
        (RegisterType.BCD16, 0xFFFF, (0xFFFF,), (0x9999,)),
    ],
)
def test_not_available_is_bad_and_what_lies_beside_it_is_a_value(
    kind: RegisterType, pattern: int, words: tuple[int, ...], beside: tuple[int, ...]
) -> None:
    register = number(kind, not_available=frozenset({pattern}))
    assert decode(register, words) == NOTHING
    assert decode(register, beside)[1] is Quality.GOOD


def test_a_state_that_is_not_available_is_bad_and_not_unknown() -> None:
    assert decode(state(not_available=frozenset({0xFFFF})), (0xFFFF,)) == NOTHING


def test_what_would_say_that_there_is_no_value_is_not_written() -> None:
    with pytest.raises(Refused, match="no value"):
        encode(number(RegisterType.INT16, not_available=frozenset({0x8000})), -32768)


@pytest.mark.parametrize("word", [0x000A, 0xA000, 0x1F23])
def test_digits_that_are_none_are_bad(word: int) -> None:
    assert decode(number(RegisterType.BCD16), (word,)) == NOTHING


@given(WORD)
def test_a_raw_value_without_a_state_is_unknown_and_never_a_normal_state(raw: int) -> None:
    named = {0: "stopped", 1: "running"}
    assert decode(state(), (raw,)) == (named.get(raw, UNKNOWN_STATE), Quality.GOOD)


def test_a_range_of_raw_values_is_one_state() -> None:
    register = state(RegisterType.INT16, states={range(-1, 1): "stopped", range(1, 16): "running"})
    said = [decode(register, (word,))[0] for word in (0xFFFF, 0, 1, 15, 16)]
    assert said == ["stopped", "stopped", "running", "running", UNKNOWN_STATE]
    assert encode(register, "running") == (1,)


def test_a_state_is_encoded_by_its_raw_value() -> None:
    assert encode(state(), "running") == (1,)
    assert encode(state(RegisterType.BIT, mask=1), "stopped") == (0,)


@pytest.mark.parametrize(
    ("register", "value"),
    [
        (number(RegisterType.UINT16), -1.0),
        (number(RegisterType.INT16), 32768.0),
        (number(RegisterType.UINT8), 256.0),
        (number(RegisterType.UINT32), math.nan),
        (number(RegisterType.INT32), math.inf),
        (number(RegisterType.FLOAT32), 1e39),
        (number(RegisterType.BIT), 2.0),
        (number(RegisterType.BCD16), 10_000.0),
        (number(RegisterType.BCD16), -1.0),
        (number(RegisterType.UINT16), "12"),
        (state(), "backwards"),
        (text(length=1), "abc"),
        (text(length=4), "a\0b"),
        (text(length=4, encoding=TextEncoding.LATIN_1), "液位"),
        (text(length=4), 5.0),
        (text(RegisterType.TIME, layout=TimeLayout.BCD), "1999-01-01T00:00:00+00:00"),
        (text(RegisterType.TIME, layout=TimeLayout.BCD), "yesterday"),
    ],
)
def test_what_the_register_cannot_hold_is_refused(
    register: RegisterPoint, value: float | str
) -> None:
    with pytest.raises(Refused):
        encode(register, value)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PM5560\0\0", "PM5560"),
        (b"PM5560  ", "PM5560"),
        (b"PM\0xxxxx", "PM"),
        (b"\0\0\0\0\0\0\0\0", ""),
        ("液位".encode() + b"\0\0", "液位"),
    ],
)
def test_a_string_ends_at_its_padding(data: bytes, said: str) -> None:
    words = struct.unpack(">4H", data)
    assert decode(text(length=4), words) == (said, Quality.GOOD)
    swapped = tuple((word >> 8) | (word & 0xFF) << 8 for word in words)
    assert decode(text(length=4, byte_order=Order.LITTLE), swapped) == (said, Quality.GOOD)


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"ab\n\0", b"\x01\x02\0\0"])
def test_bytes_that_are_no_text_are_bad(data: bytes) -> None:
    assert decode(text(length=2), struct.unpack(">2H", data)) == NOTHING


@given(
    st.text(st.characters(categories=["L", "N", "P"]), max_size=20),
    st.sampled_from([TextEncoding.UTF_8, TextEncoding.GB18030]),
    st.sampled_from(Order),
)
def test_what_is_written_as_text_is_read(said: str, encoding: TextEncoding, order: Order) -> None:
    register = text(length=40, encoding=encoding, byte_order=order)
    assert decode(register, encode(register, said)) == (said, Quality.GOOD)


@pytest.mark.parametrize(
    ("layout", "words", "said"),
    [
        (TimeLayout.UNIX32, (0x6566, 0x5700), "2023-11-29T05:09:20+08:00"),
        (TimeLayout.UNIX64, (0, 0, 0x6566, 0x5700), "2023-11-29T05:09:20+08:00"),
        (TimeLayout.IEC, (0x0017, 0x0B7D, 0x0509, 20_500), "2023-11-29T05:09:20.500000+08:00"),
        (TimeLayout.SIX, (2023, 11, 29, 5, 9, 20), "2023-11-29T05:09:20+08:00"),
        (TimeLayout.SIX, (23, 11, 29, 5, 9, 20), "2023-11-29T05:09:20+08:00"),
        (TimeLayout.BCD, (0x2311, 0x2905, 0x0920), "2023-11-29T05:09:20+08:00"),
    ],
)
def test_a_devices_clock_is_read_as_its_wall_clock(
    layout: TimeLayout, words: tuple[int, ...], said: str
) -> None:
    clock = text(RegisterType.TIME, layout=layout, zone=SHANGHAI)
    assert decode(clock, words) == (said, Quality.GOOD)
    seconds = number(RegisterType.TIME, layout=layout, zone=SHANGHAI)
    assert decode(seconds, words) == (datetime.fromisoformat(said).timestamp(), Quality.GOOD)


def test_of_the_hour_that_comes_twice_the_bit_for_summer_time_says_which_it_is() -> None:
    clock = text(RegisterType.TIME, layout=TimeLayout.IEC, zone=ZoneInfo("Europe/Berlin"))
    assert decode(clock, (0x0017, 0x0AFD, 0x821E, 0)) == ("2023-10-29T02:30:00+02:00", Quality.GOOD)
    assert decode(clock, (0x0017, 0x0AFD, 0x021E, 0)) == ("2023-10-29T02:30:00+01:00", Quality.GOOD)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (TimeLayout.IEC, (0x0017, 0x0B7D, 0x0589, 20_500)),
        (TimeLayout.IEC, (0, 0, 0, 0)),
        (TimeLayout.IEC, (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)),
        (TimeLayout.SIX, (2023, 2, 29, 0, 0, 0)),
        (TimeLayout.BCD, (0x231A, 0x2905, 0x0920)),
        (TimeLayout.UNIX64, (0x7FFF, 0, 0, 0)),
    ],
    ids=["called invalid", "nought", "all ones", "no such day", "no digits", "too far"],
)
def test_a_time_that_is_none_is_bad(layout: TimeLayout, words: tuple[int, ...]) -> None:
    assert decode(text(RegisterType.TIME, layout=layout), words) == NOTHING


@given(
    st.integers(946_684_800, 4_102_400_000),
    st.sampled_from(TimeLayout),
    st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin"]),
)
def test_a_time_that_is_written_is_read(at: int, layout: TimeLayout, zone: str) -> None:
    """But for the hour that comes twice, which only the layouts that count seconds, and the one
    with a bit for summer time, can tell."""
    there = ZoneInfo(zone)
    instant = datetime.fromtimestamp(at, there)
    if layout in (TimeLayout.SIX, TimeLayout.BCD) and instant.fold:
        return
    register = text(RegisterType.TIME, layout=layout, zone=there)
    assert decode(register, encode(register, instant.isoformat())) == (
        instant.isoformat(),
        Quality.GOOD,
    )
