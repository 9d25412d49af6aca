"""Line protocol, against influxdb-client's own serialisation."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point

from gateway.history.line_protocol import Series, timestamp
from gateway.model.clock import SECOND
from gateway.model.reading import Quality, Value
from tests.gateway.history.readings import KINDS, T0, reading

series = Series("willow-court", KINDS)
influxdb_client_point: Any = Point  # the library declares no types for it
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
# Line protocol has no way to say a backslash at the end of a name.
names = words.filter(lambda name: "/" not in name and not name.endswith("\\"))
# Never written as a whole number, which influxdb-client writes without ".0".
numbers = st.floats(allow_nan=False, allow_infinity=False).filter(lambda n: not n.is_integer())


@given(
    names,
    names,
    names.filter(lambda name: not name.startswith("#")),
    words | numbers,
)
def test_a_line_is_what_influxdb_client_would_write(
    device: str, name: str, kind: str, value: Value
) -> None:
    lines = Series(device, {device: kind})
    field = "state" if isinstance(value, str) else "value"
    reference = (
        influxdb_client_point(kind)
        .tag("site", device)
        .tag("device", device)
        .tag("point", name)
        .field("quality", "good")
        .field(field, value)
        .time(T0 * 1_000 + 7)
    )
    line = lines.line(reading(7, value, at=T0, point=f"{device}/{name}"))
    assert line == str(reference)


def test_each_shape_of_value_has_a_field_of_its_own() -> None:
    assert series.line(reading(1, 5.0)) == (
        'tank,device=tank,point=level,site=willow-court quality="good",value=5.0 '
        "1700000001000000001"
    )
    assert ' quality="good",state="open" ' in series.line(reading(1, "open", point="door/contact"))
    assert r' event="{\"line\":\"wall\"}",quality="good" ' in series.line(
        reading(1, {"line": "wall"}, point="camera/crossing")
    )
    assert ' quality="offline" ' in series.line(reading(1, None, quality=Quality.OFFLINE))


@given(st.integers(0, 10**6), st.integers(1, 10**12), st.integers(1, 999))
def test_neighbours_in_the_journal_never_share_an_instant(
    after: int, seq: int, distance: int
) -> None:
    taken_at = T0 + after * SECOND
    assert timestamp(taken_at, seq) != timestamp(taken_at, seq + distance)
    assert timestamp(taken_at, seq) // 1_000 == taken_at
