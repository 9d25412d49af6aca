"""The only wiring: one site, one gateway process."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from dashboards.pages import mount_pages
from drivers.mqtt.discovery.look import look
from gateway.access.bypasses import Bypasses
from gateway.access.service import AccessService
from gateway.access.standing_orders import StandingOrders
from gateway.access_wiring import AccessParts, wire_access
from gateway.alarms.performance import Performance
from gateway.alarms.service import AlarmService
from gateway.api.app import create_api
from gateway.backup.daily import DailyBackup
from gateway.dead_letters import DeadLetterBox
from gateway.desk_wiring import DeskParts, wire_desk
from gateway.diagnostics import CLOCK, DISK, link
from gateway.discovery import Discovery
from gateway.disk import Disk
from gateway.driver_wiring import drivers_of, snapshots_of, stills_of
from gateway.errors import Unreachable
from gateway.feed import Feed
from gateway.findings import Findings
from gateway.health import ACCESS, ALARMS, FollowerHealth, Health
from gateway.histories import Histories, open_histories
from gateway.history.follower import Follower
from gateway.journal.journal import Journal
from gateway.journal_keeper import JournalKeeper
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.live import Live
from gateway.model.clock import Clock, GatewayClock, Micros, gateway_clock
from gateway.model.driver import Sink
from gateway.outside.inbox import Inbox
from gateway.outside.receivers import Receivers, open_receivers
from gateway.process import SWITCH_SECONDS, garbage_sought_in_new_things_only, stop_on_signal
from gateway.reports.reports import Reports
from gateway.security.accounts import Accounts
from gateway.security.audit_trail import AuditTrail
from gateway.self_watch import Look, clock_look, watch
from gateway.services import Services
from gateway.silence import Silence
from gateway.site.model import Site
from gateway.standby import Active, durable_for_all, lease_of, stand_by
from gateway.supervise import Permit, Supervisor, watch_silence
from gateway.video.stills import Stills
from gateway.vitals import Sources, tell_vitals
from gateway.web_server import listening, no_traceback_for_cut_off_readers, server

logger = logging.getLogger(__name__)

Ready = Callable[[Services], Awaitable[None]]
"""Called once the pages can be opened."""


async def run_site(site: Site, ready: Ready) -> None:
    """Run the gateway until SIGINT or SIGTERM. BadConfig or Unreachable when it cannot start or
    not go on: whichever part of it ends, all ends, so that it never runs on half-dead. With
    `site.standby` it waits until it is the active gateway."""
    stop = stop_on_signal()
    if site.standby is None:
        await _run(site, ready, stop, None)
        return
    async with lease_of(site) as lease:
        active = await stand_by(site, lease, stop)
        if active is not None:
            await _run(site, ready, stop, active)


async def _run(site: Site, ready: Ready, stop: asyncio.Event, active: Active | None) -> None:
    with listening(*site.listen) as opened:
        async with _gateway(site, gateway_clock(), active) as gateway:
            services = gateway.services()
            api = create_api(services)
            mount_pages(api, services)
            web = server(api)
            sys.setswitchinterval(SWITCH_SECONDS)
            with garbage_sought_in_new_things_only(), no_traceback_for_cut_off_readers():
                async with asyncio.TaskGroup() as tasks:
                    serving = tasks.create_task(web.serve([opened]), name="http")
                    running = tasks.create_task(gateway.run(), name="gateway")
                    await ready(services)
                    asked = tasks.create_task(stop.wait(), name="stop")
                    await asyncio.wait([asked, serving], return_when=asyncio.FIRST_COMPLETED)
                    if not asked.done():
                        raise Unreachable(
                            "pages and API", "have ended by themselves", "see the log"
                        )
                    logger.info("stopping")
                    web.should_exit = True
                    running.cancel()
                    await asyncio.wait([serving])


@dataclass(frozen=True, slots=True)
class _Gateway:
    """Everything that runs. `cursor` is where the journal stood when `live` was read from it."""

    site: Site
    clock: GatewayClock
    started_at: Micros
    cursor: int
    feed: Feed
    journal: Journal
    keeper: JournalKeeper
    ledger: Ledger
    live: Live
    silence: Silence
    parts: DeskParts
    access: AccessParts
    accounts: Accounts
    histories: Histories
    receivers: Receivers
    letters: DeadLetterBox
    findings: Findings
    supervisors: Sequence[Supervisor]
    stills: Stills
    backup: DailyBackup | None
    active: Active | None

    async def run(self) -> None:
        """Until cancelled: the followers first, the field last."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.live.follow(self.cursor), name="live")
            tasks.create_task(self.parts.alarms.run(), name="alarms")
            tasks.create_task(self.access.run(self.journal), name="access")
            looking = watch(self._looks(), self.journal.append, self.clock)
            tasks.create_task(looking, name="self-watch")
            telling = tell_vitals(self._vital_signs())
            tasks.create_task(telling, name="vitals")
            filling = self.histories.run(self.journal, self.site.history.keep, self.clock)
            tasks.create_task(filling, name="histories")
            tasks.create_task(self.receivers.run(self.health), name="receivers")
            watching = watch_silence(self.silence, self.journal, self.cursor, self.clock)
            tasks.create_task(watching, name="silence")
            tasks.create_task(self.keeper.run(), name="journal keeper")
            tasks.create_task(self.findings.run(), name="findings")
            if self.backup is not None:
                tasks.create_task(self.backup.run(), name="backup")
            sink: Sink = self.journal.append
            permitted: Permit | None = None
            if self.active is not None:
                tasks.create_task(self.active.lease.keep(), name="lease")
                sink = durable_for_all(self.journal, self.access.service, self.parts.alarms)
                permitted = self.active.lease.sure
            for supervisor in self.supervisors:
                name = f"driver {supervisor.health.name}"
                tasks.create_task(supervisor.run(sink, permitted), name=name)

    def _looks(self) -> dict[str, Look]:
        return {
            DISK: Disk(self.site.data).look,
            CLOCK: clock_look(self.clock),
            **self.histories.looks(),
            **self.receivers.looks(),
            **{
                link(supervisor.health.name): supervisor.look
                for supervisor in self.supervisors
                if supervisor.health.name in self.site.brokers
            },
        }

    def _vital_signs(self) -> Sources:
        return Sources(
            health=self.health,
            latest=self.live.latest,
            ledger=self.ledger,
            journal=self.journal,
            clock=self.clock,
        )

    def services(self) -> Services:
        """What the API and the pages may call."""
        return Services(
            site=self.site,
            clock=self.clock,
            live=self.live,
            feed=self.feed,
            desk=self.parts.desk,
            commands=self.access.commands,
            lock_downs=self.access.lock_downs,
            bypasses=Bypasses(self.ledger),
            standing_orders=StandingOrders(self.site, self.ledger),
            passes=self.access.passes,
            vehicles=self.access.vehicles,
            access_log=self.access.log,
            roll_calls=self.access.roll_calls,
            suppressions=self.parts.suppressions,
            shifts=self.parts.shifts,
            roster=self.parts.roster,
            keys=self.parts.keys,
            performance=Performance(self.ledger, self.clock),
            reports=Reports(self.ledger, self.clock, self.site),
            history=self.histories.asked,
            accounts=self.accounts,
            audit=AuditTrail(self.ledger),
            hooks=Inbox(self.site.webhooks, self.ledger, self.clock),
            health=self.health,
            snapshots=snapshots_of(self.site),
            stills=self.stills,
            discovery=Discovery(self.site, look, self.ledger, self.clock),
        )

    def health(self) -> Health:
        """How everything is doing now."""
        drivers = tuple(supervisor.health for supervisor in self.supervisors)
        service = self.parts.alarms
        behind = self.journal.behind(service.cursor)
        alarms = FollowerHealth(ALARMS, behind, service.fault)
        machines = self.access.service
        access = FollowerHealth(ACCESS, self.journal.behind(machines.cursor), machines.fault)
        log = self.access.logging
        events = FollowerHealth(log.name, self.journal.behind(log.cursor), log.fault)
        followers = (alarms, access, events, *self.histories.health(self.journal))
        waiting = [f"{f.name}: {f.fault}" for f in followers if f.fault is not None]
        journal = self.keeper.health
        deaf = [] if journal.fault is None else [f"journal: {journal.fault}"]
        down = [driver.fault for driver in drivers if driver.fault is not None]
        doubts = [(each.health.name, each.doubt) for each in self.supervisors]
        silent = [f"{name}: {doubt}" for name, doubt in doubts if doubt is not None]
        fault = None if self.backup is None else self.backup.fault
        unsaved = [] if fault is None else [f"backup: {fault}"]
        receivers = self.receivers.health()
        untold = [f"{each.name}: {each.fault}" for each in receivers if each.fault is not None]
        lease = None if self.active is None else self.active.lease
        cut = [] if lease is None or lease.fault is None else [lease.fault]
        return Health(
            role="active" if lease is None or lease.is_sure else "unsure",
            started_at=self.started_at,
            journal=journal,
            faults=(*cut, *deaf, *down, *silent, *waiting, *unsaved, *untold),
            drivers=drivers,
            followers=followers,
            dead_letter_counts=self.letters.counts,
            dead_letters=self.letters.newest_first,
            receivers=receivers,
            lines=tuple(each.figures for each in self.supervisors if each.figures is not None),
        )


@asynccontextmanager
async def _gateway(
    site: Site, clock: GatewayClock, active: Active | None
) -> AsyncIterator[_Gateway]:
    feed, letters = Feed(), DeadLetterBox(clock)
    snapshots = snapshots_of(site)
    snapshots.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        path = site.data / "journal.db"
        if active is not None:
            await asyncio.to_thread(active.prepare_journal, path, clock())
        journal = await stack.enter_async_context(Journal(path, clock(), clock))
        clock.go_on_from(await journal.newest_at())
        url = site.ledger_url or sqlite_url(site.data / "ledger.db")
        ledger = await stack.enter_async_context(_ledger(url, clock, active))
        histories = await open_histories(site, journal, ledger, letters, stack)
        names = tuple(follower.name for follower in histories.followers)
        accounts = await stack.enter_async_context(Accounts(ledger, clock))
        live = Live(site.points.keys(), journal, feed)
        dealt_with = None if active is None else active.dealt_with(journal, clock())
        cursor = await live.start(since=0 if dealt_with is None else dealt_with.since)
        receivers = await open_receivers(site, ledger, clock, stack)
        parts = await wire_desk(
            site, journal, ledger, feed, clock, names, receivers.names, dealt_with
        )
        findings = Findings(ledger)
        await findings.load()
        drivers = drivers_of(site, clock, letters, live.latest, findings.of)
        elsewhere = dealt_with is not None and dealt_with.since > 0
        access = await wire_access(
            site,
            drivers,
            journal,
            live,
            ledger,
            clock,
            elsewhere=elsewhere,
            shared=active is not None,
        )
        yield _Gateway(
            site=site,
            clock=clock,
            started_at=clock(),
            cursor=cursor,
            feed=feed,
            journal=journal,
            keeper=JournalKeeper(
                journal,
                site.journal,
                lambda: _shipped(
                    parts.alarms, access.service, access.logging, *histories.followers
                ),
                clock,
                lambda: min(parts.alarms.cursor, access.service.cursor),
            ),
            ledger=ledger,
            live=live,
            silence=Silence(site.points.values(), live.latest, clock()),
            parts=parts,
            access=access,
            accounts=accounts,
            histories=histories,
            receivers=receivers,
            letters=letters,
            findings=findings,
            supervisors=[Supervisor(driver, clock) for driver in drivers],
            stills=stills_of(site, drivers),
            backup=None
            if site.backup is None
            else DailyBackup(site, site.backup, journal.append, clock),
            active=active,
        )


def _ledger(url: str, clock: Clock, active: Active | None) -> Ledger:
    if active is None:
        return Ledger(url, clock)
    return Ledger(url, clock, fence=active.lease.fence, session=active.lease.run)


def _shipped(*followers: AlarmService | AccessService | Follower) -> int | None:
    """Up to where all have read; None while one of them does not know yet."""
    if not all(follower.is_placed for follower in followers):
        return None
    return min(follower.cursor for follower in followers)
