"""The API over real stores: journal, ledger, history, desk, alarm service."""

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from gateway.access.bypasses import Bypasses
from gateway.access.standing_orders import StandingOrders
from gateway.access_wiring import wire_access
from gateway.alarms.performance import Performance
from gateway.alarms.service import AlarmService
from gateway.api.app import create_api
from gateway.api.guard import COOKIE
from gateway.dead_letters import DeadLetter
from gateway.desk_wiring import wire_desk
from gateway.discovery import Discovery
from gateway.feed import Feed
from gateway.health import DriverHealth, FollowerHealth, Health, JournalHealth
from gateway.history.duckdb.history import DuckDbHistory
from gateway.journal.gauges import CommitTimes
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.live import Live
from gateway.model.discovered import Heard
from gateway.model.line_figures import LineFigures, UnitFigures, UnitState
from gateway.model.reading import Reading
from gateway.outside.inbox import Inbox
from gateway.reports.reports import Reports
from gateway.security.accounts import Accounts
from gateway.security.audit import CONSOLE
from gateway.security.audit_trail import AuditTrail
from gateway.security.roles import Role
from gateway.services import Services
from gateway.site.connection_model import MqttBroker
from gateway.site.model import Webhook
from gateway.video.stills import Stills
from tests.blocking import excused
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON, site
from tests.waiting import until

PASSWORD = "correct horse battery"
HOOK_SECRET = b"0123456789abcdef0123456789abcdef"
ORIGIN = "http://gateway.test"

EXTRA = tuple(f"tank/extra-{number}" for number in range(300))
"""Points beyond the site's, so that many can change at once."""


@dataclass(slots=True)
class Wired:
    """A gateway as gateway.app wires it, without drivers. `health` is what it says of itself."""

    services: Services
    journal: Journal
    ledger: Ledger
    history: DuckDbHistory
    alarms: AlarmService
    clock: HandClock
    health: Health
    app: FastAPI

    async def hear(self, *readings: Reading) -> None:
        """As from a driver; returns when every follower has dealt with it."""
        first = self.journal.last_seq + 1
        await self.journal.append(readings)
        last = self.journal.last_seq
        numbered = [replace(reading, seq=seq) for seq, reading in enumerate(readings, first)]
        await self.history.write(numbered, last)
        newest = {reading.point: reading.seq or 0 for reading in numbered}
        await until(lambda: self.alarms.cursor >= last and self._shown(newest))

    def _shown(self, newest: dict[str, int]) -> bool:
        latest = self.services.live.latest
        return all(
            point in latest and (latest[point].seq or 0) >= seq for point, seq in newest.items()
        )

    async def session(self, role: Role) -> str:
        """A new session's secret of the user called like the role."""
        link = await self.services.accounts.make_sign_in_link(role.value, who=CONSOLE)
        return await self.services.accounts.redeem(link, address="test")

    async def token(self, role: Role) -> str:
        """A new token's secret of the user called like the role."""
        return await self.services.accounts.issue_token(role.value, "test", role, who=CONSOLE)

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Nobody, unless the headers say who."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)

    async def program(self, role: Role) -> httpx.AsyncClient:
        """A client with an API token."""
        return self.client(authorization=f"Bearer {await self.token(role)}")

    async def browser(self, role: Role, origin: str = ORIGIN) -> httpx.AsyncClient:
        """A page's client: it has the session cookie and names its origin."""
        client = self.client(origin=origin)
        client.cookies.set(COOKIE, await self.session(role), domain="gateway.test")
        return client


def nobody_listens(broker: MqttBroker, _seconds: float) -> Heard:
    raise AssertionError(broker)


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """One for all tests, for it takes 0.3 s to make; each test gives it services of its own."""
    return create_api(cast(Services, None))


@pytest.fixture
async def wired(app: FastAPI, tmp_path: Path, sqlite_ledger: Path) -> AsyncIterator[Wired]:
    """A running gateway with a user for every role, each called like it."""
    clock, feed, here = HandClock(), Feed(), site(tmp_path)
    here = replace(here, webhooks=(Webhook("erp", None, HOOK_SECRET),))
    async with AsyncExitStack() as stack:
        journal = await stack.enter_async_context(Journal(tmp_path / "journal.db"))
        url = sqlite_url(Path(shutil.copy(sqlite_ledger, tmp_path)))
        ledger = await stack.enter_async_context(Ledger(url))
        history = await stack.enter_async_context(DuckDbHistory(tmp_path / "history.duckdb"))
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        accounts = await stack.enter_async_context(Accounts(ledger, clock, hasher))
        for role in Role:
            await accounts.add_user(role.value, role, PASSWORD, who=CONSOLE)
        live = Live([*here.points, *EXTRA], journal, feed)
        parts = await wire_desk(here, journal, ledger, feed, clock)
        access = await wire_access(here, (), journal, live, ledger, clock, elsewhere=False)
        running = Wired(
            services=Services(
                site=here,
                clock=clock,
                live=live,
                feed=feed,
                desk=parts.desk,
                commands=access.commands,
                lock_downs=access.lock_downs,
                bypasses=Bypasses(ledger),
                standing_orders=StandingOrders(here, ledger),
                passes=access.passes,
                vehicles=access.vehicles,
                access_log=access.log,
                roll_calls=access.roll_calls,
                suppressions=parts.suppressions,
                shifts=parts.shifts,
                roster=parts.roster,
                keys=parts.keys,
                performance=Performance(ledger, clock),
                reports=Reports(ledger, clock, here),
                history=history,
                accounts=accounts,
                audit=AuditTrail(ledger),
                hooks=Inbox(here.webhooks, ledger, clock),
                health=lambda: running.health,
                snapshots=tmp_path / "snapshots",
                stills=Stills({}),
                discovery=Discovery(here, nobody_listens, ledger, clock),
            ),
            journal=journal,
            ledger=ledger,
            history=history,
            alarms=parts.alarms,
            clock=clock,
            health=healthy(),
            app=app,
        )
        running.services.snapshots.mkdir()
        app.state.services = running.services
        followers = [
            asyncio.create_task(live.follow(await live.start())),
            asyncio.create_task(parts.alarms.run()),
            asyncio.create_task(access.run(journal)),
        ]
        yield running
        for follower in followers:
            follower.cancel()
        await asyncio.wait(followers)
    with excused():
        gc.collect()  # stores leave thousands of objects: left to a later test, they hold its loop


def healthy(faults: Sequence[str] = ()) -> Health:
    """What a gateway could say of itself."""
    return Health(
        started_at=NOON,
        journal=JournalHealth(
            seq=7,
            rows=7,
            bytes_used=4096,
            unshipped_age_s=2.0,
            commits=CommitTimes(3, 0.003, 0.002, 0.001),
            fault=None,
        ),
        faults=tuple(faults),
        drivers=(
            DriverHealth("broker", None, NOON, 0, passed_over=5),
            DriverHealth("plant-room", "127.0.0.1:502: connection refused", NOON, 3),
        ),
        followers=(FollowerHealth("alarms", 0, None), FollowerHealth("history", 12, None)),
        dead_letter_counts={"not-json": 2},
        dead_letters=(DeadLetter(NOON, "test/door/state", "not-json", "{contact: op"),),
        lines=(
            LineFigures(
                "plant-room",
                0.25,
                (
                    UnitFigures(1, ("tank",), UnitState.ANSWERING, NOON, 12, round_trip_ms=3.5),
                    UnitFigures(2, ("pump",), UnitState.SILENT, NOON, 7, {"no-answer": 4}),
                ),
            ),
        ),
    )
