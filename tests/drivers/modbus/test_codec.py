"""Values in registers."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import decode, encode, width
from gateway.errors import Refused
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality
from gateway.model.text import Text
from gateway.site.modbus_model import RegisterPoint, RegisterTable, RegisterType, WordOrder

NAME = Text("Level", "液位")
WORD = st.integers(0, 0xFFFF)


def number(
    kind: RegisterType,
    order: WordOrder = WordOrder.BIG,
    *,
    scale: float = 1.0,
    offset: float = 0.0,
    low: float | None = None,
    high: float | None = None,
) -> RegisterPoint:
    point = Point("tank/level", PointKind.NUMBER, NAME, low=low, high=high)
    return RegisterPoint(point, RegisterTable.INPUT_REGISTER, 0, kind, order, scale, offset)


def state(kind: RegisterType = RegisterType.UINT16) -> RegisterPoint:
    point = Point("pump/run", PointKind.STATE, NAME, states=("stopped", "running"))
    return RegisterPoint(
        point, RegisterTable.INPUT_REGISTER, 0, kind, states={0: "stopped", 1: "running"}
    )


@pytest.mark.parametrize(
    ("kind", "words", "value"),
    [
        (RegisterType.BIT, (1,), 1.0),
        (RegisterType.INT16, (0xFFFF,), -1.0),
        (RegisterType.UINT16, (0xFFFF,), 65535.0),
        (RegisterType.INT32, (0xFFFF, 0xFFFE), -2.0),
        (RegisterType.UINT32, (0x0001, 0x0002), 65538.0),
        (RegisterType.FLOAT32, (0x3FC0, 0x0000), 1.5),
    ],
)
def test_known_registers_say_known_values(
    kind: RegisterType, words: tuple[int, ...], value: float
) -> None:
    assert decode(number(kind), words) == (value, Quality.GOOD)
    assert decode(number(kind, WordOrder.LITTLE), words[::-1]) == (value, Quality.GOOD)


def test_scale_and_offset_apply_to_the_raw_value() -> None:
    register = number(RegisterType.INT16, scale=0.1, offset=-40.0)
    value, quality = decode(register, (655,))
    assert value == pytest.approx(25.5)
    assert quality is Quality.GOOD
    assert encode(register, 25.5) == (655,)


@given(
    st.sampled_from([kind for kind in RegisterType if kind is not RegisterType.BIT]),
    st.sampled_from(WordOrder),
    st.sampled_from([1.0, 0.1, 0.01, 10.0, -1.0]),
    st.sampled_from([0.0, -40.0, 273.15]),
    st.data(),
)
def test_what_is_encoded_is_decoded(
    kind: RegisterType, order: WordOrder, scale: float, offset: float, data: st.DataObject
) -> None:
    if kind is RegisterType.FLOAT32:
        raw = data.draw(st.floats(-(2.0**100), 2.0**100, width=32))
    else:
        bits = width(kind) * 16
        signed = kind in (RegisterType.INT16, RegisterType.INT32)
        low = -(1 << bits - 1) if signed else 0
        raw = data.draw(st.integers(low, low + (1 << bits) - 1))
    register = number(kind, order, scale=scale, offset=offset)
    value = raw * scale + offset
    words = encode(register, value)
    assert len(words) == width(kind)
    decoded, quality = decode(register, words)
    assert quality is Quality.GOOD
    assert decoded == pytest.approx(value, rel=1e-6, abs=1e-6)


@given(st.sampled_from(RegisterType), st.sampled_from(WordOrder), st.tuples(WORD, WORD))
def test_any_registers_give_a_finite_number_or_nothing(
    kind: RegisterType, order: WordOrder, words: tuple[int, int]
) -> None:
    value, quality = decode(number(kind, order), words[: width(kind)])
    if quality is Quality.GOOD:
        assert isinstance(value, float)
        assert math.isfinite(value)
    else:
        assert (value, quality) == (None, Quality.BAD)


@pytest.mark.parametrize("raw", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_finite_number_is_bad(raw: float) -> None:
    words = struct.unpack(">2H", struct.pack(">f", raw))
    assert decode(number(RegisterType.FLOAT32), words) == (None, Quality.BAD)


def test_beyond_the_points_limits_is_bad_and_on_them_is_good() -> None:
    register = number(RegisterType.INT16, low=0.0, high=10.0)
    assert [decode(register, (raw,))[1] for raw in (0xFFFF, 0, 10, 11)] == [
        Quality.BAD,
        Quality.GOOD,
        Quality.GOOD,
        Quality.BAD,
    ]
    assert decode(register, (11,))[0] is None


@given(WORD)
def test_a_raw_value_without_a_state_is_unknown_and_never_a_normal_state(raw: int) -> None:
    named = {0: "stopped", 1: "running"}
    assert decode(state(), (raw,)) == (named.get(raw, UNKNOWN_STATE), Quality.GOOD)


def test_a_state_is_encoded_by_its_raw_value() -> None:
    assert encode(state(), "running") == (1,)
    assert encode(state(RegisterType.BIT), "stopped") == (0,)


@pytest.mark.parametrize(
    ("register", "value"),
    [
        (number(RegisterType.UINT16), -1.0),
        (number(RegisterType.INT16), 32768.0),
        (number(RegisterType.UINT32), math.nan),
        (number(RegisterType.INT32), math.inf),
        (number(RegisterType.FLOAT32), 1e39),
        (number(RegisterType.BIT), 2.0),
        (state(), "backwards"),
    ],
)
def test_what_the_register_cannot_hold_is_refused(
    register: RegisterPoint, value: float | str
) -> None:
    with pytest.raises(Refused):
        encode(register, value)
