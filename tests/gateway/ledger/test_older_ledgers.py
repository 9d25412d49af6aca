"""Ledgers that an older Gatehouse left."""

import asyncio

import sqlalchemy as sa

from gateway.ledger.ledger import Ledger
from gateway.ledger.upgrade import migrate
from gateway.security.audit_check import Check
from gateway.security.audit_trail import AuditTrail, Wanted


async def test_audit_lines_from_before_there_was_a_chain_are_chained(new_ledger_url: str) -> None:
    await asyncio.to_thread(_make_older, new_ledger_url)
    async with Ledger(new_ledger_url) as ledger:
        trail = AuditTrail(ledger)
        check = Check(await trail.seals())
        faults = [fault async for entry in trail.oldest(Wanted()) for fault in check.take(entry)]
        assert (faults, check.count) == ([], 2)


def _make_older(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        migrate(connection, "0002")
        for number in (1, 4):  # a transaction that failed has left a gap
            connection.exec_driver_sql(
                "INSERT INTO audit (id, at, who, act, subject, detail)"
                f" VALUES ({number}, 7, 'li', 'signed in', 'li', 'password')"
            )
    engine.dispose()
