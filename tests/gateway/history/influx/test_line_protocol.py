"""Line protocol, against influxdb-client's own serialisation."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point

from gateway.diagnostics import DISK
from gateway.history.influx.line_protocol import Lines, Origin, Writer, origins
from gateway.model.reading import Quality, Reading, Value
from tests.gateway.history.readings import DEVICES, T0, reading
from tests.gateway.samples import site

writer = Writer("willow-court", DEVICES)
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
    names | st.none(),
    words | numbers,
    st.sampled_from(Quality),
)
def test_a_line_is_what_influxdb_client_would_write(
    device: str, name: str, kind: str, area: str | None, value: Value, quality: Quality
) -> None:
    made = Writer("s", {device: Origin(kind, area)}).lines(
        [reading(7, value, at=T0, point=f"{device}/{name}", quality=quality)]
    )
    reference = influxdb_client_point(kind).tag("site", "s").tag("device", device).tag("area", area)
    code = list(Quality).index(quality)
    reference.field(name, value).field(f"{name}_quality", code).time(T0)
    assert made.texts == [str(reference)]


def test_a_point_is_a_field_of_the_type_of_its_values() -> None:
    assert lines(reading(1, 5.0)) == [
        "tank,device=tank,site=willow-court level=5.0,level_quality=0i 1700000001000000"
    ]
    assert (
        ' contact="open",contact_quality=0i ' in lines(reading(1, "open", point="door/contact"))[0]
    )
    assert (
        r' crossing="{\"line\":\"wall\"}",crossing_quality=1i '
        in lines(reading(1, {"line": "wall"}, point="camera/crossing", quality=Quality.STALE))[0]
    )
    assert " level=5.0," in lines(reading(1, 5))[0]


def test_a_reading_without_a_value_tells_its_quality() -> None:
    (line,) = lines(reading(1, None, quality=Quality.OFFLINE))
    assert " level_quality=3i " in line


def test_numbers_that_are_not_finite_are_left_out_as_bad_and_counted() -> None:
    said = [reading(1, float("nan")), reading(2, float("-inf")), reading(3, 1.0)]
    made = writer.lines(said)
    assert made.not_finite == 2
    assert [line.split(" ")[1] for line in made.texts] == [
        "level_quality=2i",
        "level_quality=2i",
        "level=1.0,level_quality=0i",
    ]


def test_what_a_device_said_at_one_instant_is_one_line() -> None:
    said = [
        reading(1, 1.0, at=T0),
        reading(2, 2.0, at=T0, point="tank/flow"),
        reading(3, 3.0, at=T0, point="door/angle"),
        reading(4, 4.0, at=T0 + 1, point="door/angle"),
    ]
    assert writer.lines(said) == Lines(
        [
            f"tank,device=tank,site=willow-court "
            f"level=1.0,level_quality=0i,flow=2.0,flow_quality=0i {T0}",
            f"door,device=door,site=willow-court angle=3.0,angle_quality=0i {T0}",
            f"door,device=door,site=willow-court angle=4.0,angle_quality=0i {T0 + 1}",
        ],
        [0, 2, 3],
    )


def test_the_last_word_of_a_point_for_an_instant_counts() -> None:
    said = [reading(1, 1.0, at=T0), reading(2, None, at=T0, quality=Quality.OFFLINE)]
    assert writer.lines(said).texts == [f"tank,device=tank,site=willow-court level_quality=3i {T0}"]


def test_an_area_is_a_tag_and_a_removed_device_a_measurement_of_its_own() -> None:
    placed = Writer("s", {"tank": Origin("tank", "north")})
    said = [reading(1), reading(2, point="gone/level")]
    series = [line.partition(" ")[0] for line in placed.lines(said).texts]
    assert series == ["tank,area=north,device=tank,site=s", "unknown,device=gone,site=s"]


def test_the_gateways_own_readings_have_a_kind(tmp_path: Path) -> None:
    own = Writer("test", origins(site(tmp_path)))
    assert own.lines([reading(1, "low", point=DISK)]).texts[0].startswith("gateway,device=gateway,")
    assert own.measurement("door") == "door"
    assert own.measurement("gone") is None


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.sampled_from("xy"))))
def test_every_reading_is_in_the_line_it_is_said_to_be_in(said: list[tuple[int, str, str]]) -> None:
    readings = [
        reading(n, float(n), at=T0 + at, point=f"{device}/{name}")
        for n, (at, device, name) in enumerate(said)
    ]
    made = writer.lines(readings)
    assert len(made.texts) == len(made.firsts)
    for text, (first, after) in zip(
        made.texts, pairwise([*made.firsts, len(readings)]), strict=True
    ):
        told = {each.point: each for each in readings[first:after]}
        (alone,) = writer.lines(list(told.values())).texts
        assert sorted(text) == sorted(alone)


def lines(*readings: Reading) -> list[str]:
    return writer.lines(readings).texts
