"""The live stream, over a real server: httpx's transport for applications holds answers back."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import fastapi.routing
import fastapi.sse
import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from gateway.api.guard import COOKIE
from gateway.desk.desk import Desk
from gateway.desk.tickets import TicketBook
from gateway.errors import Unreachable
from gateway.feed import Feed, Subscription
from gateway.model.alarm import Alarm
from gateway.model.clock import HOUR, MILLISECOND
from gateway.security.audit import CONSOLE
from gateway.security.roles import Role
from tests.blocking import excused
from tests.gateway.api.conftest import EXTRA, Wired
from tests.gateway.samples import reading
from tests.servers import free_port
from tests.waiting import until

STREAM = "/api/v1/stream"


@dataclass(slots=True)
class Follower:
    """One client of the stream."""

    answer: httpx.Response
    lines: AsyncIterator[str]

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The next event; EOFError at the stream's end."""
        name, data = "", {}
        async for line in self.lines:
            field, _, value = line.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                data = json.loads(value)
            elif not line and name:
                return name, data
        raise EOFError

    async def ended(self) -> None:
        """Returns once the server has ended the stream."""
        async for _ in self.lines:
            pass


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The application on a loopback port; gives its address."""
    port = free_port()
    with excused():
        config = uvicorn.Config(
            app, port=port, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=5
        )
        config.load()
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started or task.done())
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


def client_of(address: str, **headers: str) -> httpx.AsyncClient:
    """A client that loads no certificates: that takes 0.1 s, and there are none to check."""
    with excused():
        importlib.import_module("anyio._backends._asyncio")  # or else the first request does it
        return httpx.AsyncClient(base_url=address, headers=headers, verify=False)


@asynccontextmanager
async def following(wired: Wired) -> AsyncIterator[Follower]:
    """A program that follows the stream with its token."""
    secret = await wired.token(Role.OPERATOR)
    async with (
        serving(wired.app) as address,
        client_of(address, authorization=f"Bearer {secret}") as client,
        client.stream("GET", STREAM) as answer,
        asyncio.timeout(20),
    ):
        yield Follower(answer, answer.aiter_lines())


class CountingFeed(Feed):
    """Knows how many are listening."""

    listening = 0

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        with super().subscribe() as subscription:
            self.listening += 1
            try:
                yield subscription
            finally:
                self.listening -= 1


async def test_a_snapshot_comes_first_and_then_what_changes(wired: Wired) -> None:
    await wired.hear(reading("door/contact", "closed"))
    async with following(wired) as follower:
        assert follower.answer.headers["content-type"].startswith("text/event-stream")
        name, data = await follower.event()
        assert name == "snapshot"
        assert [known["point"] for known in data["readings"]] == ["door/contact"]
        assert (data["alarms"], data["tickets"]) == ([], [])
        await wired.hear(reading("tank/level", 0.5))
        seen: dict[str, list[Any]] = {"readings": [], "alarms": [], "tickets": []}
        while not all(seen.values()):
            name, data = await follower.event()
            assert name == "changes"
            for kind, records in data.items():
                seen[kind] += records
        assert [known["value"] for known in seen["readings"]] == [0.5]
        assert seen["alarms"][-1]["rule"] == "tank/low-level"
        assert seen["tickets"][-1]["opened_at"] == "2023-11-14T22:13:20Z"


async def test_nothing_falls_between_snapshot_and_changes(wired: Wired) -> None:
    async def keep_changing() -> None:
        for number, extra in enumerate(EXTRA):
            await wired.journal.append([reading("tank/level", 2.0, after=number * MILLISECOND)])
            await wired.journal.append([reading(extra, 1.0)])

    changing = asyncio.create_task(keep_changing())
    await until(lambda: EXTRA[20] in wired.services.live.latest)
    async with following(wired) as follower:
        seen: dict[str, Any] = {}
        while len(seen) < 301 or seen["tank/level"]["seq"] < 599:
            _, data = await follower.event()
            seen |= {known["point"]: known for known in data["readings"]}
    await changing


async def test_a_flood_of_changes_comes_as_at_most_ten_events_a_second(wired: Wired) -> None:
    async with following(wired) as follower:
        await follower.event()
        loop = asyncio.get_running_loop()
        started, events, newest = loop.time(), 0, 0
        flood = asyncio.create_task(_flood(wired, 500))
        while newest < 500:
            _, data = await follower.event()
            events += 1
            newest = int(data["readings"][0]["value"])
        took = loop.time() - started
        await flood
        assert events <= took * 10 + 2


async def _flood(wired: Wired, count: int) -> None:
    for number in range(1, count + 1):
        wired.services.feed.publish([reading("tank/level", float(number))])
        await asyncio.sleep(0.001)


async def test_a_stream_ends_when_its_token_is_revoked(wired: Wired) -> None:
    async with following(wired) as follower:
        await follower.event()
        (token,) = await wired.services.accounts.tokens()
        await wired.services.accounts.revoke_token(token.id, who=CONSOLE)
        await follower.ended()


async def test_what_changes_after_the_end_of_a_token_is_not_told_any_more(wired: Wired) -> None:
    async with following(wired) as follower:
        await follower.event()
        (token,) = await wired.services.accounts.tokens()
        await wired.services.accounts.revoke_token(token.id, who=CONSOLE)
        await wired.hear(reading("tank/level", 0.5))
        with pytest.raises(EOFError):
            await follower.event()


async def test_a_stream_ends_when_its_user_may_no_longer_come_in(wired: Wired) -> None:
    async with following(wired) as follower:
        await follower.event()
        await wired.services.accounts.change_user("operator", disabled=True, who=CONSOLE)
        await follower.ended()


async def test_a_pages_stream_ends_with_its_session(wired: Wired) -> None:
    session = await wired.session(Role.OPERATOR)
    async with (
        serving(wired.app) as address,
        client_of(address, cookie=f"{COOKIE}={session}") as client,
        client.stream("GET", STREAM) as answer,
        asyncio.timeout(20),
    ):
        follower = Follower(answer, answer.aiter_lines())
        await follower.event()
        wired.clock.now += 12 * HOUR
        await follower.ended()


async def test_nobody_listens_any_more_once_the_client_has_gone(wired: Wired) -> None:
    feed = CountingFeed()
    wired.app.state.services = replace(wired.services, feed=feed)
    async with serving(wired.app) as address:
        token = await wired.token(Role.OPERATOR)
        async with client_of(address, authorization=f"Bearer {token}") as client:
            for _ in range(3):
                async with client.stream("GET", STREAM) as answer:
                    await Follower(answer, answer.aiter_lines()).event()
                    assert feed.listening == 1
                await until(lambda: feed.listening == 0)


async def test_a_quiet_stream_is_kept_alive_by_comments(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fastapi.sse._PING_INTERVAL == 15.0
    monkeypatch.setattr(fastapi.routing, "_PING_INTERVAL", 0.05)
    async with following(wired) as follower:
        await follower.event()
        assert await anext(follower.lines) == ": ping"


async def test_a_ledger_that_cannot_be_read_is_told_by_the_status(wired: Wired) -> None:
    class Gone(Desk):
        async def alarms(self, **_: object) -> list[Alarm]:
            raise Unreachable("ledger", "does not answer")

    gone = Gone(wired.services.site, None, wired.services.feed, wired.clock, TicketBook(), None)  # type: ignore[arg-type]  # never asked
    wired.app.state.services = replace(wired.services, desk=gone)
    async with following(wired) as follower:
        assert follower.answer.status_code == 503
