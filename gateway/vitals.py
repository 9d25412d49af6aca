"""The gateway's own figures as readings of its device, so that every history keeps them.

No rule looks at them and no page shows them live: they cost the alarm service a glance each.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from gateway.alarms import records
from gateway.diagnostics import DEVICE
from gateway.errors import Unreachable
from gateway.health import Health
from gateway.journal.gauges import CommitTimes
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import alarms, desk
from gateway.model.clock import Clock, Micros
from gateway.model.reading import Quality, Reading

EVERY_SECONDS: Final = 10.0
PROCESS_STATUS: Final = Path("/proc/self/status")

Sleep = Callable[[float], Awaitable[object]]


class Vital(StrEnum):
    """The points, without their device; all of them numbers. See also `behind`."""

    JOURNAL_ROWS = "journal-rows"
    JOURNAL_BYTES = "journal-bytes"
    JOURNAL_UNSHIPPED_AGE = "journal-unshipped-age"
    """Seconds since the oldest reading came that some follower has still to deal with."""
    COMMIT_MS = "commit-ms"
    """Milliseconds of a journal commit: the mean of those since the figures were told last."""
    COMMIT_LONGEST_MS = "commit-longest-ms"
    """The longest since the start."""
    DRIVERS_UP = "drivers-up"
    DRIVERS_DOWN = "drivers-down"
    POINTS_OFFLINE = "points-offline"
    DEAD_LETTERS = "dead-letters"
    """Messages nobody could read, since the start."""
    OPEN_ALARMS = "open-alarms"
    OPEN_TICKETS = "open-tickets"
    RSS_MB = "rss-mb"
    """Memory of the gateway's process; the capture process has its own."""


def behind(follower: str) -> str:
    """The point that says how many readings a follower has still to deal with."""
    return f"behind-{follower}"


@dataclass(frozen=True, slots=True)
class Counts:
    """What Health does not say; None where it is not known now."""

    points_offline: int
    open_alarms: int | None
    open_tickets: int | None
    rss_mb: float | None


def figures(health: Health, counts: Counts, before: CommitTimes) -> dict[str, float]:
    """Every figure that is known, by its point. `before`: the commits there had been when the
    figures were told last."""
    down = sum(driver.fault is not None for driver in health.drivers)
    journal = health.journal
    known: dict[str, float | None] = {
        Vital.JOURNAL_ROWS: journal.rows,
        Vital.JOURNAL_BYTES: journal.bytes_used,
        Vital.JOURNAL_UNSHIPPED_AGE: journal.unshipped_age_s,
        Vital.COMMIT_MS: _mean_ms(before, journal.commits),
        Vital.COMMIT_LONGEST_MS: 1_000 * journal.commits.longest_s,
        Vital.DRIVERS_UP: len(health.drivers) - down,
        Vital.DRIVERS_DOWN: down,
        Vital.POINTS_OFFLINE: counts.points_offline,
        Vital.DEAD_LETTERS: sum(health.dead_letter_counts.values()),
        Vital.OPEN_ALARMS: counts.open_alarms,
        Vital.OPEN_TICKETS: counts.open_tickets,
        Vital.RSS_MB: counts.rss_mb,
        **{behind(follower.name): follower.behind for follower in health.followers},
    }
    return {point: float(figure) for point, figure in known.items() if figure is not None}


def readings(figures: Mapping[str, float], at: Micros) -> list[Reading]:
    """The figures, told at one instant."""
    return [Reading(f"{DEVICE}/{point}", figure, at, at) for point, figure in figures.items()]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the figures come from. `latest`: the newest reading of each point."""

    health: Callable[[], Health]
    latest: Mapping[str, Reading]
    ledger: Ledger
    journal: Journal
    clock: Clock


async def tell_vitals(sources: Sources, *, sleep: Sleep = asyncio.sleep) -> None:
    """Append the figures to the journal again and again, for ever."""
    before = CommitTimes()
    while True:
        health = sources.health()
        told = figures(health, await _count(sources), before)
        before = health.journal.commits
        await sources.journal.append(readings(told, sources.clock()))
        await sleep(EVERY_SECONDS)


def resident_mb(status: Path = PROCESS_STATUS) -> float | None:
    """Megabytes of memory this process holds (proc(5), VmRSS); None where that is not told."""
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return None
    kibibytes = [int(line.split()[1]) for line in lines if line.startswith("VmRSS:")]
    return round(kibibytes[0] * 1024 / 1e6, 1) if kibibytes else None


async def _count(sources: Sources) -> Counts:
    open_alarms, open_tickets = await _count_open(sources.ledger)
    latest = sources.latest.values()
    return Counts(
        points_offline=sum(reading.quality is Quality.OFFLINE for reading in latest),
        open_alarms=open_alarms,
        open_tickets=open_tickets,
        rss_mb=resident_mb(),
    )


def _mean_ms(before: CommitTimes, now: CommitTimes) -> float | None:
    if now.count == before.count:
        return None
    return 1_000 * (now.total_s - before.total_s) / (now.count - before.count)


async def _count_open(ledger: Ledger) -> tuple[int | None, int | None]:
    """Alarms and tickets; None while the ledger cannot be reached."""

    def work(connection: sa.Connection) -> tuple[int, int]:
        count = sa.select(sa.func.count())
        presented = count.select_from(alarms.alarm).where(records.PRESENTED)
        open_ = count.select_from(desk.ticket).where(desk.ticket.c.closed_at.is_(None))
        return connection.execute(presented).scalar_one(), connection.execute(open_).scalar_one()

    try:
        return await ledger.transact(work)
    except Unreachable:
        return None, None
