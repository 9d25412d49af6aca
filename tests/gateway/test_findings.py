"""What drivers found out is in the ledger soon, and there again after a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.findings import Findings
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import field
from tests.waiting import until


class Ticks:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.waiting = 0
        self._passed = asyncio.Event()

    async def sleep(self, _: float) -> None:
        self.waiting += 1
        await self._passed.wait()
        self._passed.clear()

    async def passes(self) -> None:
        before = self.waiting
        self._passed.set()
        await until(lambda: self.waiting > before)


@asynccontextmanager
async def running(ledger: Ledger) -> AsyncIterator[tuple[Findings, Ticks]]:
    ticks = Ticks()
    findings = Findings(ledger, ticks.sleep)
    await findings.load()
    task = asyncio.create_task(findings.run())
    await until(lambda: ticks.waiting)
    try:
        yield findings, ticks
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def kept(ledger: Ledger) -> dict[str, object]:
    rows = await ledger.transact(lambda db: db.execute(sa.select(field.finding)).all())
    return {row.connection: row.found for row in rows}


async def test_what_is_found_out_is_written_a_little_later_and_known_again(ledger: Ledger) -> None:
    async with running(ledger) as (findings, ticks):
        assert findings.of("plant").found is None
        findings.of("plant").keep({"answering": [1]})
        findings.of("plant").keep({"answering": [1, 2]})
        findings.of("cellar").keep([])
        assert await kept(ledger) == {}
        await ticks.passes()
        assert await kept(ledger) == {"plant": {"answering": [1, 2]}, "cellar": []}
    again = Findings(ledger)
    await again.load()
    assert again.of("plant").found == {"answering": [1, 2]}


async def test_what_was_found_out_last_is_written_at_the_end(ledger: Ledger) -> None:
    async with running(ledger) as (findings, _):
        findings.of("plant").keep(["last"])
    assert await kept(ledger) == {"plant": ["last"]}


async def test_a_ledger_that_is_away_is_told_once_and_gets_it_when_it_is_back(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(ledger) as (findings, ticks):
        await ledger.transact(lambda db: db.execute(sa.text("ALTER TABLE finding RENAME TO gone")))
        findings.of("plant").keep([1])
        await ticks.passes()
        await ticks.passes()
        assert len(caplog.records) == 1
        await ledger.transact(lambda db: db.execute(sa.text("ALTER TABLE gone RENAME TO finding")))
        await ticks.passes()
        assert await kept(ledger) == {"plant": [1]}


async def test_what_cannot_be_read_any_more_keeps_no_gateway_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        async with running(ledger) as (findings, ticks):
            findings.of("plant").keep({"answering": [1]})
            findings.of("cellar").keep({"answering": [2]})
            await ticks.passes()
        damaged = sa.text("UPDATE finding SET found = '{' WHERE connection = 'plant'")
        await ledger.transact(lambda db: db.execute(damaged))
        async with running(ledger) as (findings, _):
            assert findings.of("plant").found is None
            assert findings.of("cellar").found == {"answering": [2]}
    assert "plant: what was found out about its devices is lost" in caplog.text
