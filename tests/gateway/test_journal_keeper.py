import asyncio
from pathlib import Path

import pytest

from gateway.journal.journal import Journal
from gateway.journal_keeper import JournalKeeper
from gateway.model.clock import DAY, SECOND
from gateway.model.reading import Reading
from gateway.site.model import JournalLimits
from tests.gateway.samples import NOON, reading

SMALL = JournalLimits(size=100_000)


def telemetry(count: int) -> list[Reading]:
    return [reading("tank/level", float(n), n) for n in range(count)]


@pytest.mark.promise("L1")
async def test_readings_dropped_for_want_of_room_are_counted_and_told(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(telemetry(20_000))
        keeper = JournalKeeper(journal, SMALL, lambda: 0, lambda: NOON)
        await keeper.look()
        (told,) = [r for r in (await journal.latest()).values() if r.point.startswith("gateway/")]
        assert told.point == "gateway/readings-dropped"
        assert isinstance(told.value, dict)
        assert told.value["telemetry"] > 10_000
        assert told.value["evidence"] == 0


@pytest.mark.promise("K9")
async def test_what_a_history_still_lacks_stays_whatever_its_age(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(telemetry(10))
        keeper = JournalKeeper(journal, JournalLimits(), lambda: 4, lambda: NOON + 365 * DAY)
        await keeper.look()
        kept = await anext(journal.follow(0))
        assert keeper.health.unshipped_age_s == pytest.approx(365 * DAY / SECOND)
        assert {4.0, 5.0, 6.0, 7.0, 8.0, 9.0} <= {r.value for r in kept}
        assert keeper.health.fault is None


@pytest.mark.promise("K12")
async def test_a_damaged_journal_is_an_event_of_the_gateways_own(tmp_path: Path) -> None:
    (tmp_path / "j.db").write_bytes(b"no journal at all" * 1_000)
    async with Journal(tmp_path / "j.db", clock=lambda: NOON) as journal:
        keeper = JournalKeeper(journal, JournalLimits(), lambda: 0, lambda: NOON + SECOND)
        running = asyncio.create_task(keeper.run())
        (told,) = await anext(journal.follow(0))
        running.cancel()
        await asyncio.wait([running])
        assert told.point == "gateway/journal-set-aside"
        assert isinstance(told.value, dict)
        assert "j.db.damaged-" in str(told.value["file"])


@pytest.mark.promise("K10")
async def test_what_was_read_before_a_restart_is_not_taken_for_unread_while_nobody_can_tell(
    tmp_path: Path,
) -> None:
    """The ledger cannot be reached after the start, and the journal is over its size."""
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(telemetry(10_000))
        read = journal.last_seq
        await JournalKeeper(journal, JournalLimits(), lambda: read, lambda: NOON).look()
        await journal.append(telemetry(100))
    async with Journal(tmp_path / "j.db") as journal:
        keeper = JournalKeeper(journal, SMALL, lambda: None, lambda: NOON, lambda: 0)
        await keeper.look()
        assert journal.gauges.rows < 5_000
        assert journal.behind(read) == 100
        assert "gateway/readings-dropped" not in await journal.latest()
        assert keeper.health.unshipped_age_s is not None


async def test_a_follower_that_begins_anew_is_believed_at_once(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db") as journal:
        await journal.append(telemetry(10))
        await JournalKeeper(journal, JournalLimits(), lambda: 10, lambda: NOON).look()
        later = NOON + 365 * DAY
        await JournalKeeper(journal, JournalLimits(), lambda: 0, lambda: later).look()
        assert journal.gauges.rows == 10
