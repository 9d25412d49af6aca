"""Which version answers, and what differs between them: 1.x and VictoriaMetrics as they are, 2.x
and 3.x by a contract fake."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.dead_letters import DeadLetterBox
from gateway.errors import Refused, Unreachable
from gateway.history.influx.dialect import connect
from gateway.history.influx.history import InfluxHistory
from gateway.history.influx.output import Counts
from gateway.history.overload import Overloaded
from gateway.model.clock import SECOND
from gateway.site.model import InfluxTarget
from tests.certificates import Authority
from tests.gateway.history.conftest import unread
from tests.gateway.history.influx.fake_influx2 import FakeInflux2, error, fake_influx2
from tests.gateway.history.readings import DEVICES, T0, levels, reading
from tests.servers import victoria_metrics

SITE = "willow-court"


@pytest.fixture
def fake() -> Iterator[FakeInflux2]:
    with fake_influx2() as running:
        yield running


def found(target: InfluxTarget) -> str:
    dialect = connect(target)
    dialect.close()
    return type(dialect).__name__


async def test_a_real_1x_is_found_out(target: InfluxTarget) -> None:
    assert await asyncio.to_thread(found, target) == "V1"


@pytest.mark.parametrize(
    ("headers", "token", "name"),
    [
        ({"X-Influxdb-Version": "v2.7.4", "X-Influxdb-Build": "OSS"}, "t", "V2"),
        ({"X-Influxdb-Version": "2.0.9"}, "t", "V2"),
        ({"X-Influxdb-Version": "3.2.1", "X-Influxdb-Build": "Core"}, "t", "V3"),
        ({"X-Influxdb-Version": "1.8.10"}, "t", "V3"),
        ({"X-Influxdb-Version": "1.8.10"}, None, "V1"),
        ({"X-Influxdb-Version": "Cloud2"}, "t", "V3"),
        ({}, "t", "V3"),
        ({}, None, "V1"),
    ],
)
async def test_what_the_server_says_and_what_it_is_given_tell_its_version(
    fake: FakeInflux2, headers: dict[str, str], token: str | None, name: str
) -> None:
    fake.headers = headers
    assert await asyncio.to_thread(found, replace(fake.target, token=token)) == name


@pytest.mark.parametrize("status", [401, 404])
async def test_a_server_that_keeps_its_version_to_itself_is_told_by_the_token(
    fake: FakeInflux2, status: int
) -> None:
    fake.ping = status
    assert await asyncio.to_thread(found, fake.target) == "V3"
    assert await asyncio.to_thread(found, replace(fake.target, token=None)) == "V1"


async def test_a_version_that_is_named_is_not_asked_for() -> None:
    nobody = InfluxTarget("http://127.0.0.1:1", "h", version=2, token="t")
    assert await asyncio.to_thread(found, nobody) == "V2"
    with pytest.raises(Unreachable, match="does not answer"):
        await asyncio.to_thread(found, replace(nobody, version=None))


@pytest.mark.parametrize("version", [2, 3])
async def test_lines_go_to_the_bucket_with_token_in_microseconds_and_compressed(
    fake: FakeInflux2, version: int
) -> None:
    target = replace(fake.target, version=version)
    async with InfluxHistory(target, SITE, DEVICES, unread) as history:
        await history.write([*levels(1, 2), reading(3, "open", point="door/contact")])
        await history.write(levels(2))
    assert fake.lines == {
        f"tank,device=tank,site={SITE} {T0 + SECOND}": "level=1.0,level_quality=0i",
        f"tank,device=tank,site={SITE} {T0 + 2 * SECOND}": "level=2.0,level_quality=0i",
        f"door,device=door,site={SITE} {T0 + 3 * SECOND}": 'contact="open",contact_quality=0i',
    }


async def test_a_wrong_token_is_refused_with_the_remedy(fake: FakeInflux2) -> None:
    async with InfluxHistory(replace(fake.target, token="old"), SITE, DEVICES, unread) as history:
        with pytest.raises(Refused, match="unauthorized access; check username and password, or"):
            await history.write(levels(1))
        with pytest.raises(Refused, match="unauthorized access"):
            await history.latest_before("tank/level", T0)


async def test_a_bucket_that_is_missing_is_waited_for(fake: FakeInflux2) -> None:
    async with InfluxHistory(replace(fake.target, database="no"), SITE, DEVICES, unread) as history:
        with pytest.raises(Unreachable, match="has no database no; create it"):
            await history.write(levels(1))


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_says_when_is_left_alone_until_then(
    fake: FakeInflux2, status: int
) -> None:
    fake.failures = [
        error(status, "too many requests", "over the limit", {"Retry-After": "17"}),
        error(status, "too many requests", "over the limit"),
    ]
    async with InfluxHistory(fake.target, SITE, DEVICES, unread) as history:
        with pytest.raises(Overloaded, match=f"HTTP {status}: over the limit") as raised:
            await history.write(levels(1))
        assert raised.value.wait == 17 * SECOND
        with pytest.raises(Unreachable, match=f"HTTP {status}") as silent:
            await history.write(levels(1))
        assert not isinstance(silent.value, Overloaded)


async def test_a_batch_that_is_too_large_goes_in_parts(fake: FakeInflux2) -> None:
    fake.largest = 1_000
    async with InfluxHistory(fake.target, SITE, DEVICES, unread) as history:
        await history.write(levels(*range(100)))
        assert history.counts == Counts(stored=100)
    assert len(fake.lines) == 100


async def test_a_line_that_is_too_large_by_itself_becomes_a_dead_letter(fake: FakeInflux2) -> None:
    fake.largest = 1_000
    letters = DeadLetterBox(lambda: T0)
    huge = reading(50, {"all": "x" * 2_000}, point="camera/crossing")
    async with InfluxHistory(fake.target, SITE, DEVICES, letters) as history:
        await history.write([*levels(1), huge, *levels(2)])
        assert history.counts == Counts(stored=2, bad_lines=1)
    assert letters.counts == {"influx-too-large": 1}
    assert letters.newest_first[0].source == "camera/crossing"


async def test_a_field_of_another_type_becomes_a_dead_letter(fake: FakeInflux2) -> None:
    letters = DeadLetterBox(lambda: T0)
    async with InfluxHistory(fake.target, SITE, DEVICES, letters) as history:
        await history.write([*levels(*range(40)), reading(90, "full"), *levels(*range(41, 80))])
    assert len(fake.lines) == 79
    assert letters.counts == {"influx-field-type": 1}


async def test_a_point_that_is_always_refused_makes_nothing_slow(fake: FakeInflux2) -> None:
    letters = DeadLetterBox(lambda: T0)
    said = [reading(n, "full" if n % 10 else 1.0, point=f"tank/{n % 10}") for n in range(1, 501)]
    async with InfluxHistory(fake.target, SITE, DEVICES, letters) as history:
        await history.write([reading(0, 1.0, point="tank/3")])
        await history.write(said)
        assert history.counts == Counts(stored=451, bad_lines=50)
        fake.writes = 0
        await history.write(said)
        assert history.counts == Counts(stored=901, bad_lines=100)
        assert fake.writes == 3  # all others; the suspects; each of them by itself
        fake.types.clear()
        await history.write(said)
        await history.write(said)
        assert history.counts == Counts(stored=1_901, bad_lines=100)
        assert fake.writes == 3 + 2 + 1
    assert letters.counts == {"influx-field-type": 100}


async def test_a_certificate_nobody_trusts_is_told_and_one_the_system_trusts_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path, "Estate")
    with fake_influx2(authority.signed("influx", for_names="IP:127.0.0.1")) as fake:
        async with InfluxHistory(fake.target, SITE, DEVICES, unread) as history:
            with pytest.raises(Unreachable, match=r"cannot be trusted .*; see its certificate"):
                await history.write(levels(1))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
        async with InfluxHistory(fake.target, SITE, DEVICES, unread) as history:
            await history.write(levels(1))
        assert len(fake.lines) == 1


async def test_victoria_metrics_takes_the_numbers(tmp_path: Path) -> None:
    with victoria_metrics(tmp_path) as server:
        target = InfluxTarget(server.url, "any", token="any")
        async with InfluxHistory(target, SITE, DEVICES, unread) as history:
            await history.write([*levels(1, 2), reading(3, "open", point="door/contact")])
            await history.write(levels(2))
            with pytest.raises(Refused, match="answer of another form"):
                await history.range(["tank/level"], T0, T0 + SECOND, 1)
        of_tank = server.samples('tank_level{device="tank"}')
        of_door = server.samples('door_contact{device="door"}')
    start = T0 // 1_000
    assert of_tank == {start + 1_000: 1.0, start + 2_000: 2.0}
    assert of_door == {start + 3_000: 0.0}


@pytest.mark.promise("K7")
@pytest.mark.parametrize("version", [1, 2, 3])
async def test_a_web_server_that_says_yes_to_everything_is_not_believed(
    fake: FakeInflux2, version: int
) -> None:
    """Else all would pass for stored, and the journal delete it. (1 is asked for a database first:
    the fake has no InfluxQL.)"""
    fake.failures = [(200, {}, "<html>Welcome</html>")]
    async with InfluxHistory(
        replace(fake.target, version=version), SITE, DEVICES, unread
    ) as history:
        with pytest.raises(Refused, match=rf"{fake.url}: is no InfluxDB .*; check the url"):
            await history.write(levels(1))
        assert history.counts == Counts()
