"""InfluxDB when it refuses, fails, or is not there. What it answers is in test_answers."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread

import pytest

from gateway.dead_letters import DeadLetterBox
from gateway.errors import Refused, Unreachable
from gateway.history.influx.history import InfluxHistory
from gateway.history.influx.http import Http
from gateway.history.influx.output import Counts
from gateway.history.influx.sending import packed
from gateway.history.protocol import Sample
from gateway.model.clock import SECOND
from gateway.model.reading import Quality
from gateway.site.model import InfluxTarget
from tests.gateway.history.conftest import unread
from tests.gateway.history.readings import DEVICES, T0, levels, reading

SITE = "willow-court"


async def test_a_wrong_password_is_refused_with_the_remedy(target: InfluxTarget) -> None:
    async with InfluxHistory(replace(target, password="wrong"), SITE, DEVICES, unread) as history:
        with pytest.raises(Refused, match="check username and password"):
            await history.write(levels(1))
        with pytest.raises(Refused, match="check username and password"):
            await history.latest_before("tank/level", T0)


async def test_nobody_answering_is_unreachable() -> None:
    target = InfluxTarget("http://127.0.0.1:1", "h", "user", "password")
    async with InfluxHistory(target, SITE, DEVICES, unread) as history:
        with pytest.raises(Unreachable) as told:
            await history.write(levels(1))
        assert str(told.value).startswith("http://127.0.0.1:1: does not answer (Failed to")
        with pytest.raises(Unreachable, match="does not answer"):
            await history.range(["tank/level"], T0, T0 + 1, 1)


@pytest.mark.promise("K8")
async def test_bad_lines_are_isolated_counted_and_told_once(
    target: InfluxTarget, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(make_level_of_doors_a_string, target)
    batch = [reading(n, float(n), point="tank/level") for n in range(1, 501)]
    for n in (3, 77, 400):
        batch[n - 1] = reading(n, float(n), point="door/level")
    batch[200 - 1] = reading(200, 1.0, at=2**62)  # no instant InfluxDB can hold
    letters = DeadLetterBox(lambda: T0)
    async with InfluxHistory(target, SITE, DEVICES, letters) as history:
        with caplog.at_level(logging.WARNING, "gateway.history"):
            await history.write(batch)
        buckets = await history.range(["tank/level"], T0, T0 + 1_000 * SECOND, 1)
        assert buckets["tank/level"][0].count == 500 - 4
        assert history.counts == Counts(stored=496, bad_lines=4)
    told = sorted(record.getMessage() for record in caplog.records if "InfluxDB" in record.msg)
    assert len(told) == 2
    assert "door/level" in told[0]
    assert "field type conflict" in told[0]
    assert "tank/level" in told[1]
    assert letters.counts == {"influx-field-type": 3, "influx-bad-line": 1}
    newest = next(letter for letter in letters.newest_first if letter.source == "door/level")
    assert newest.head.endswith(f" level=400.0,level_quality=0i {T0 + 400 * SECOND}")


async def test_of_a_line_readings_share_only_the_bad_ones_are_left_out(
    target: InfluxTarget,
) -> None:
    await asyncio.to_thread(make_level_of_doors_a_string, target)
    letters = DeadLetterBox(lambda: T0)
    async with InfluxHistory(target, SITE, DEVICES, letters) as history:
        at = T0 + SECOND
        await history.write([reading(n, at=at, point=f"door/{n}") for n in range(3)])
        said = [reading(n, at=at, point=f"door/{name}") for n, name in enumerate(("a", "level"))]
        await history.write(said)
        assert await history.latest_before("door/a", at + 1) == Sample(at, 1.0, Quality.GOOD)
        assert history.counts == Counts(stored=4, bad_lines=1)
    assert [letter.source for letter in letters.newest_first] == ["door/level"]


def make_level_of_doors_a_string(target: InfluxTarget) -> None:
    """Some other program was there first."""
    asked(target, f'CREATE DATABASE "{target.database}"')
    http = Http(target)
    where = {"db": target.database, "precision": "u"}
    http.call("/write", "POST", where, packed([f'door level="text" {T0}']))
    http.close()


def asked(target: InfluxTarget, *statements: str) -> None:
    http = Http(target)
    for statement in statements:
        http.call("/query", "POST", {"q": statement})
    http.close()


async def test_numbers_that_are_not_finite_are_counted(target: InfluxTarget) -> None:
    async with InfluxHistory(target, SITE, DEVICES, unread) as history:
        await history.write([reading(1, float("nan")), reading(2, float("inf")), reading(3, 1.0)])
        assert history.counts == Counts(stored=3, not_finite=2)


async def test_a_user_who_may_only_write_uses_the_database_there_is(target: InfluxTarget) -> None:
    await asyncio.to_thread(make_user, target, "writer", target.database)
    async with InfluxHistory(replace(target, username="writer"), SITE, DEVICES, unread) as history:
        await history.write(levels(1, 2))
        latest = await history.latest_before("tank/level", T0 + 9 * SECOND)
    assert latest is not None
    assert latest.value == 2.0


async def test_a_database_that_is_missing_is_waited_for(target: InfluxTarget) -> None:
    await asyncio.to_thread(make_user, target, "stranger", "another")
    async with InfluxHistory(
        replace(target, username="stranger"), SITE, DEVICES, unread
    ) as history:
        with pytest.raises(Unreachable, match=f"has no database {target.database}; create it"):
            await history.write(levels(1))
        await asyncio.to_thread(make_user, target, "stranger", target.database)
        await history.write(levels(1))


def make_user(target: InfluxTarget, name: str, database: str) -> None:
    """A user with the target's password, who may read and write that database and no more."""
    asked(
        target,
        f'CREATE DATABASE "{database}"',
        f"CREATE USER \"{name}\" WITH PASSWORD '{target.password}'",
        f'GRANT ALL ON "{database}" TO "{name}"',
    )


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_that_is_overloaded_or_failing_is_unreachable(status: int) -> None:
    with answering(status) as url:
        async with InfluxHistory(InfluxTarget(url, "h"), SITE, DEVICES, unread) as history:
            with pytest.raises(Unreachable, match=f"HTTP {status}"):
                await history.write(levels(1))


async def test_a_server_that_speaks_something_else_is_refused() -> None:
    with answering(200) as url:
        async with InfluxHistory(InfluxTarget(url, "h"), SITE, DEVICES, unread) as history:
            with pytest.raises(Refused, match=r"is no InfluxDB .*check the url"):
                await history.range(["tank/level"], T0, T0 + 1, 1)


async def test_closing_while_the_server_stalls_leaves_the_loop_free() -> None:
    asked, go_on = Event(), Event()
    with answering(204, asked, go_on) as url:
        async with InfluxHistory(InfluxTarget(url, "h"), SITE, DEVICES, unread) as history:
            write = asyncio.create_task(history.write(levels(1)))
            await asyncio.to_thread(asked.wait)
            write.cancel()
            # Never called if closing held the loop.
            asyncio.get_running_loop().call_later(0.1, go_on.set)


@contextmanager
def answering(status: int, asked: Event | None = None, go_on: Event | None = None) -> Iterator[str]:
    """A contract fake: answers every request with this status and the word "no". It tells that it
    was `asked`, and waits for `go_on`."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if asked and go_on:
                asked.set()
                go_on.wait()
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"no")

        do_GET = do_POST  # noqa: N815  # the name BaseHTTPRequestHandler looks for

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
