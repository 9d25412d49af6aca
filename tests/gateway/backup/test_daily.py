"""The gateway's own backup: every day, told when it fails, made up when it was missed."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import time
from pathlib import Path

import pytest

from gateway.backup import kept
from gateway.backup.daily import DailyBackup
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import Reading
from gateway.site.model import BackupPlan
from tests.gateway.backup.estate import estate
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON
from tests.waiting import until

# NOON is 22:13:20 in London: 02:00 is 3 h 46 min 40 s later.
AT = time(2, 0)
FIRST = NOON + 3 * HOUR + 46 * MINUTE + 40 * SECOND


class Days:
    """Time that passes only while the backup sleeps. Ends when `until` holds."""

    def __init__(self, folder: Path, keep: int = 3) -> None:
        self.site, self.file = estate(folder / "estate")
        self.backups = folder / "backups"
        self.plan = BackupPlan(self.backups, AT, keep, self.file)
        self.clock = HandClock(NOON)
        self.told: list[tuple[Micros, object]] = []

    async def append(self, readings: Sequence[Reading]) -> None:
        self.told += [(reading.taken_at, reading.value) for reading in readings]

    async def pass_until(self, condition: Callable[[], bool]) -> DailyBackup:
        over = asyncio.Event()

        async def sleep(seconds: float) -> None:
            if condition():
                over.set()
                await asyncio.Event().wait()
            self.clock.now += int(seconds * SECOND)
            await asyncio.sleep(0)

        daily = DailyBackup(self.site, self.plan, self.append, self.clock, sleep)
        running = asyncio.create_task(daily.run())
        await over.wait()
        running.cancel()
        await asyncio.wait([running])
        return daily

    @property
    def made(self) -> list[Micros]:
        return [at for at, _ in reversed(kept.newest_first(self.backups, self.site.id))]


@pytest.fixture
def days(tmp_path: Path) -> Days:
    return Days(tmp_path)


async def test_the_first_start_makes_one_and_then_each_day_one_and_the_newest_stay(
    days: Days,
) -> None:
    daily = await days.pass_until(lambda: len(days.told) == 5)
    assert days.told == [
        (NOON, "made"),
        *((FIRST + day * DAY, "made") for day in range(4)),
    ]
    assert days.made == [FIRST + DAY, FIRST + 2 * DAY, FIRST + 3 * DAY]
    assert daily.fault is None


async def test_a_missed_one_is_made_up_at_the_start_and_no_other(days: Days) -> None:
    await days.pass_until(lambda: len(days.told) == 2)
    days.clock.now = FIRST + 3 * DAY + HOUR
    await days.pass_until(lambda: len(days.told) == 4)
    assert days.told[2:] == [(FIRST + 3 * DAY + HOUR, "made"), (FIRST + 4 * DAY, "made")]


async def test_a_failure_is_told_and_tried_again_and_the_old_ones_stay(days: Days) -> None:
    await days.pass_until(lambda: len(days.told) == 2)
    ledger = days.site.data / "ledger.db"
    aside = ledger.rename(ledger.with_name("aside"))
    daily = await days.pass_until(lambda: len(days.told) == 4)
    assert days.told[2:] == [(FIRST + DAY, "failed"), (FIRST + DAY + HOUR, "failed")]
    assert days.made == [NOON, FIRST]
    assert "ledger.db: is not there" in (daily.fault or "")
    aside.rename(ledger)
    daily = await days.pass_until(lambda: len(days.told) == 5)
    assert days.told[-1][1] == "made"
    assert daily.fault is None


async def test_a_folder_that_is_gone_is_a_failure_like_any_other(days: Days) -> None:
    days.backups.write_text("no folder")
    daily = await days.pass_until(lambda: len(days.told) == 1)
    assert days.told == [(NOON, "failed")]
    assert "cannot be written to" in (daily.fault or "")


async def test_a_gateway_that_ends_does_not_wait_for_its_backup(days: Days) -> None:
    await asyncio.to_thread(_fill, days.site.data / "journal.db", 200_000_000)
    daily = DailyBackup(days.site, days.plan, days.append, days.clock)
    running = asyncio.create_task(daily.run())
    await until(lambda: list(days.backups.glob(".elm-*/journal.db")))
    running.cancel()
    await asyncio.wait([running], timeout=10)
    assert running.cancelled()
    assert [path.name for path in days.backups.iterdir()] == [".elm.lock"]


def _fill(database: Path, size: int) -> None:
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("CREATE TABLE bulk AS SELECT zeroblob(?) AS content", (size,))
