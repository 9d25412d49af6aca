"""The audit record: chained as it is written, on each database; what a check of it finds."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.ledger import chain
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import security
from gateway.model.actor import Actor
from gateway.security.audit import record
from gateway.security.audit_check import Check, Fault, FaultKind
from gateway.security.audit_trail import AuditTrail, Wanted
from tests.gateway.desk.duty_desk import duty_desk
from tests.gateway.samples import NOON

LI = Actor("li", "manager", "10.0.0.21")

Hand = Callable[[sa.Connection], object]


async def keep(ledger: Ledger, *subjects: str) -> None:
    for subject in subjects:

        def work(connection: sa.Connection, subject: str = subject) -> None:
            record(connection, NOON, LI, "closed", subject, reason="done", after="closed")

        await ledger.transact(work)


async def check(ledger: Ledger, expected: str | None = None) -> list[Fault]:
    trail = AuditTrail(ledger)
    elsewhere = [] if expected is None else [expected]
    checking = Check(await trail.seals(), [*elsewhere, *await trail.on_sheets()])
    faults = [fault async for entry in trail.oldest(Wanted()) for fault in checking.take(entry)]
    return [*faults, *checking.end()]


def hand(statement: str) -> Hand:
    """Somebody with rights on the database."""
    return lambda connection: connection.exec_driver_sql(statement)


def forge(entry: int) -> Hand:
    """One more entry after that one, with a hash that fits; those behind it move on."""

    def work(connection: sa.Connection) -> None:
        table = security.audit
        behind = sa.select(table.c.id).where(table.c.id > entry).order_by(table.c.id.desc())
        for (id_,) in connection.execute(behind).all():
            connection.execute(table.update().where(table.c.id == id_).values(id=id_ + 1))
        row = connection.execute(sa.select(table).where(table.c.id == entry)).one()._asdict()
        row |= {"id": entry + 1, "who": "nobody", "hash": ""}
        above = connection.execute(sa.select(table.c.hash).where(table.c.id == entry)).scalar_one()
        connection.execute(table.insert().values({**row, "hash": chain.link(above, row)}))

    return work


ALTERED = [
    *("UPDATE audit SET who = 'wang' WHERE id = 3", "UPDATE audit SET at = at + 1 WHERE id = 3"),
    *("UPDATE audit SET detail = '' WHERE id = 3", "UPDATE audit SET hash = '' WHERE id = 3"),
    "UPDATE audit SET detail = 'donecl', \"after\" = 'osed' WHERE id = 3",
]


async def test_what_was_written_is_found_sound_and_told_newest_first(ledger: Ledger) -> None:
    assert await check(ledger) == []
    await keep(ledger, "ticket 1", "ticket 2", "ticket 3")
    assert await check(ledger) == []
    found = await AuditTrail(ledger).newest(Wanted(who="li", act="closed"), limit=2)
    assert [(entry.id, entry.subject, entry.place) for entry in found] == [
        (3, "ticket 3", "10.0.0.21"),
        (2, "ticket 2", "10.0.0.21"),
    ]
    trail = AuditTrail(ledger)
    assert [e.id for e in await trail.newest(Wanted(), limit=9, below=found[-1].id)] == [1]
    assert await trail.newest(Wanted(subject="ticket 9"), limit=9) == []
    assert await trail.newest(Wanted(start=NOON + 1), limit=9) == []
    assert await trail.newest(Wanted(end=NOON), limit=9) == []


@pytest.mark.parametrize("statement", ALTERED)
@pytest.mark.promise("K15")
async def test_an_altered_entry_is_found_by_its_number(ledger: Ledger, statement: str) -> None:
    await keep(ledger, *"abcdef")
    await ledger.transact(hand(statement))
    found = await check(ledger)
    assert Fault(FaultKind.ALTERED, 3, found[0].at) == found[0]
    assert {fault.entry for fault in found} <= {3, 4}  # without its hash the next has no base


@pytest.mark.parametrize(("gone", "behind"), [(1, 2), (3, 4)])
@pytest.mark.promise("K15")
async def test_a_missing_entry_is_found_where_it_stood(
    ledger: Ledger, gone: int, behind: int
) -> None:
    await keep(ledger, *"abcdef")
    await ledger.transact(hand(f"DELETE FROM audit WHERE id = {gone}"))
    assert await check(ledger) == [Fault(FaultKind.MISSING, behind, NOON)]


@pytest.mark.promise("K15")
async def test_an_inserted_entry_is_found_even_with_a_hash_that_fits(ledger: Ledger) -> None:
    await keep(ledger, *"abcdef")
    await ledger.transact(forge(3))
    assert await check(ledger) == [Fault(FaultKind.MISPLACED, 4, NOON)]


@pytest.mark.promise("K15")
async def test_entries_that_changed_places_are_found(ledger: Ledger) -> None:
    await keep(ledger, *"abcdef")
    for statement in (
        "UPDATE audit SET id = 99 WHERE id = 3",
        "UPDATE audit SET id = 3 WHERE id = 4",
        "UPDATE audit SET id = 4 WHERE id = 99",
    ):
        await ledger.transact(hand(statement))
    assert await check(ledger) == [
        Fault(FaultKind.MISPLACED, 3, NOON),
        Fault(FaultKind.MISPLACED, 4, NOON),
    ]


@pytest.mark.promise("K15")
async def test_an_end_that_was_cut_off_is_found_by_a_hash_kept_elsewhere(ledger: Ledger) -> None:
    await keep(ledger, *"abcdef")
    kept = (await AuditTrail(ledger).seals())[-1].hash
    await keep(ledger, "g")
    assert await check(ledger, kept) == []
    await ledger.transact(hand("DELETE FROM audit WHERE id >= 6"))
    assert await check(ledger) == []
    assert await check(ledger, kept) == [Fault(FaultKind.CUT_OFF)]


async def test_a_failed_act_leaves_no_gap_in_the_chain(ledger: Ledger) -> None:
    def failing(connection: sa.Connection) -> None:
        record(connection, NOON, LI, "closed", "ticket 1")
        raise RuntimeError

    await keep(ledger, "a")
    with pytest.raises(RuntimeError):
        await ledger.transact(failing)
    await keep(ledger, "b")
    assert [seal.id for seal in await AuditTrail(ledger).seals()] == [1, 2]
    assert await check(ledger) == []


async def test_two_processes_that_write_at_once_never_fork_the_chain(ledger_url: str) -> None:
    async with Ledger(ledger_url) as one, Ledger(ledger_url) as other:
        await asyncio.gather(*(keep(ledger, *"abcdefghij") for ledger in (one, other)))
        assert [seal.id for seal in await AuditTrail(one).seals()] == list(range(1, 21))
        assert await check(other) == []


@pytest.mark.parametrize(
    "altered", ["detail = x'00ff'", "at = at + 0.5", "at = 'noon'", "hash = x'00'", "who = x'6c69'"]
)
async def test_what_is_no_text_and_no_instant_any_more_is_an_altered_entry(
    tmp_path: Path, altered: str
) -> None:
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        await keep(ledger, "a", "b", "c", "d")
        await ledger.transact(hand(f"UPDATE audit SET {altered} WHERE id = 2"))
        faults = await check(ledger)
        newest = await AuditTrail(ledger).newest(Wanted(), limit=10)
    assert faults[0].kind is FaultKind.ALTERED
    assert faults[0].entry == 2
    assert len(newest) == 4


async def test_an_end_cut_off_behind_a_hand_over_is_found_by_its_sheet(
    ledger: Ledger, tmp_path: Path
) -> None:
    desk = await duty_desk(ledger, tmp_path, "2023-11-15T14:50")
    await keep(ledger, "a", "b")
    await desk.shifts.leave(1, who=Actor("amy"))
    assert await check(ledger) == []
    await ledger.transact(hand("DELETE FROM audit WHERE id > 1"))
    assert [fault.kind for fault in await check(ledger)] == [FaultKind.CUT_OFF]
    await ledger.transact(hand("DELETE FROM audit"))
    assert [fault.kind for fault in await check(ledger)] == [FaultKind.CUT_OFF]
