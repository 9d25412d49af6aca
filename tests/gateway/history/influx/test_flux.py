"""Flux for InfluxDB 2.x: what is asked, and how annotated CSV is read. The answers are written by
hand after the InfluxDB 2 documentation ("Annotated CSV"); no Debian package has that server."""

from collections.abc import Iterator

import pytest

from gateway.errors import Refused
from gateway.history.influx.flux import extremes, samples, within
from gateway.history.influx.history import InfluxHistory
from gateway.history.influx.questions import Column
from gateway.history.protocol import Bucket, Row, Sample, Span
from gateway.model.clock import DAY, SECOND
from gateway.model.reading import Quality
from tests.gateway.history.conftest import unread
from tests.gateway.history.influx.fake_influx2 import FakeInflux2, fake_influx2
from tests.gateway.history.readings import DEVICES, T0

SITE = "elm"
LEVEL = Column(SITE, "tank", "tank", "level")


@pytest.fixture
def fake() -> Iterator[FakeInflux2]:
    with fake_influx2() as running:
        yield running


def history_of(fake: FakeInflux2) -> InfluxHistory:
    return InfluxHistory(fake.target, SITE, DEVICES, unread)


def csv(result: str, types: dict[str, str], *rows: tuple[object, ...]) -> str:
    """One table: columns by their data types, then its rows."""
    head = [
        "#datatype,string,long," + ",".join(types.values()),
        "#group,false,false" + ",false" * len(types),
        f"#default,{result}" + "," * (len(types) + 1),
        ",result,table," + ",".join(types),
    ]
    body = [",,0," + ",".join(str(value) for value in row) for row in rows]
    return "\r\n".join([*head, *body, "", ""])


def nanoseconds(seq: int) -> int:
    return (T0 + seq * SECOND) * 1_000


VALUES = {"_value": "double", "at": "long"}
COUNTS = {"_value": "long", "at": "long"}
SAMPLES = {"level": "double", "level_quality": "long", "at": "long"}


async def test_buckets_are_put_together_from_their_figures(fake: FakeInflux2) -> None:
    first, second = nanoseconds(0), nanoseconds(10)
    fake.answers = {
        "aggregateWindow": "".join(
            [
                csv("count", COUNTS, (4, first), (1, second)),
                csv("good", COUNTS, (3, first)),
                csv("last", VALUES, (5.0, first)),
                csv("min", VALUES, (1.0, first)),
                csv("max", VALUES, (8.0, first)),
                csv("mean", VALUES, (4.0, first)),
            ]
        ),
        "|> last()": csv("_result", {"_value": "double"}, (5.0,)),
    }
    async with history_of(fake) as history:
        found = await history.range(["tank/level"], T0, T0 + 30 * SECOND, 3)
        await history.range(["tank/level"], T0, T0 + 30 * SECOND, 3)
    assert found["tank/level"] == (
        Bucket(T0, 4, 0.75, last=5.0, minimum=1.0, maximum=8.0, mean=4.0),
        Bucket(T0 + 10 * SECOND, 1, 0.0),
        Bucket(T0 + 20 * SECOND),
    )
    assert len(fake.asked) == 3  # of which type the field is, is asked once
    asked = fake.asked[1]
    assert asked.startswith(
        'value = from(bucket: "readings")\n'
        " |> range(start: 2023-11-14T22:13:20.000000Z, stop: 2023-11-14T22:13:50.000000Z)\n"
        ' |> filter(fn: (r) => r._measurement == "tank" and r.device == "tank" and r.site == "elm")'
    )
    assert "every: 10000000us, offset: 0us, createEmpty: false" in asked
    for name in ("count", "good", "last", "min", "max", "mean"):
        assert f'yield(name: "{name}")' in asked


async def test_a_state_is_never_reckoned_with(fake: FakeInflux2) -> None:
    fake.answers = {
        "aggregateWindow": csv("count", COUNTS, (1, nanoseconds(0)))
        + csv("last", {"_value": "string", "at": "long"}, ("open", nanoseconds(0))),
        "|> last()": csv("_result", {"_value": "string"}, ("open",)),
    }
    async with history_of(fake) as history:
        (bucket,) = (await history.range(["door/contact"], T0, T0 + SECOND, 1))["door/contact"]
    assert bucket == Bucket(T0, 1, 0.0, last="open")
    assert "mean" not in fake.asked[1]


async def test_the_last_reading_may_have_no_value(fake: FakeInflux2) -> None:
    rows = [(5.0, "", nanoseconds(1)), ("", 3, nanoseconds(2))]
    fake.answers = {"pivot": csv("_result", SAMPLES, *rows)}
    async with history_of(fake) as history:
        latest = await history.latest_before("tank/level", T0 + 9 * SECOND)
    assert latest == Sample(T0 + 2 * SECOND, None, Quality.OFFLINE)


async def test_pictures_spans_and_scans_read_samples(fake: FakeInflux2) -> None:
    rows = [(5.0, 0, nanoseconds(1)), (6.5, 1, nanoseconds(2)), ("", 3, nanoseconds(3))]
    said = (
        Sample(T0 + SECOND, 5.0, Quality.GOOD),
        Sample(T0 + 2 * SECOND, 6.5, Quality.STALE),
        Sample(T0 + 3 * SECOND, None, Quality.OFFLINE),
    )
    fake.answers = {
        "count()": csv("_result", {"_value": "long"}, (3,)),
        "pivot": csv("_result", SAMPLES, *rows),
    }
    async with history_of(fake) as history:
        assert await history.picture("tank/level", T0, T0 + 9 * SECOND, 50) == said
        parts = history.scan(["tank/level"], T0, T0 + 9 * SECOND)
        scanned = [row async for part in parts for row in part]
    assert scanned == [Row("tank/level", sample) for sample in said]
    assert fake.asked[-1].endswith("|> limit(n: 20000)")


async def test_spans_of_a_state(fake: FakeInflux2) -> None:
    columns = {"contact": "string", "contact_quality": "long", "at": "long"}
    fake.answers = {
        "last()": csv("_result", columns, ("closed", 0, nanoseconds(-5))),
        "pivot": csv("_result", columns, ("open", 0, nanoseconds(4))),
    }
    async with history_of(fake) as history:
        spans = await history.spans("door/contact", T0, T0 + 9 * SECOND)
    assert spans == (
        Span(T0, T0 + 4 * SECOND, "closed", Quality.GOOD),
        Span(T0 + 4 * SECOND, T0 + 9 * SECOND, "open", Quality.GOOD),
    )


async def test_the_measurement_of_a_device_that_has_gone_is_left_open(fake: FakeInflux2) -> None:
    async with history_of(fake) as history:
        assert await history.latest_before("gone/level", T0) is None
    assert 'filter(fn: (r) => r.device == "gone" and r.site == "elm")' in fake.asked[0]


async def test_what_is_too_old_is_deleted_by_measurement(fake: FakeInflux2) -> None:
    kinds = csv("_result", {"_value": "string"}, ("tank",), ("alarm",), ("door",))
    fake.answers = {"schema.tagValues": kinds}
    async with history_of(fake) as history:
        await history.forget({"tank": DAY}, T0 + DAY)
    _, deleted = fake.asked
    assert '"start": "1970-01-01T00:00:00.000000Z"' in deleted
    assert '"stop": "2023-11-14T22:13:20.000000Z"' in deleted
    assert r'"predicate": "_measurement=\"tank\" AND site=\"elm\""' in deleted


async def test_another_form_of_answer_is_refused(fake: FakeInflux2) -> None:
    fake.answers = {"pivot": csv("_result", {"level": "double"}, (5.0,))}
    async with history_of(fake) as history:
        with pytest.raises(Refused, match="answer of another form"):
            await history.latest_before("tank/level", T0)


def test_names_cannot_break_out_of_their_strings() -> None:
    column = Column('e"m', None, "a\\", "${level}")
    asked = samples(within("b", column, T0, T0 + 1), column)
    assert r'r.device == "a\\" and r.site == "e\"m"' in asked
    assert r'r._field == "\x24{level}"' in asked


def test_extremes_are_the_readings_themselves() -> None:
    asked = extremes(within("b", LEVEL, T0, T0 + DAY), LEVEL, 60 * SECOND)
    for name in ("max", "min"):
        assert f'window(every: 60000000us) |> {name}(column: "level") |> group()' in asked
    assert 'filter(fn: (r) => r["level_quality"] >= 2) |> window(every: 60000000us)' in asked
