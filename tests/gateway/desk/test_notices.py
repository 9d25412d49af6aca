"""Notices waiting in the ledger."""

import pytest
import sqlalchemy as sa

from gateway.desk.notices import Notice, Outbox
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.rule import Priority
from tests.gateway.samples import NOON

NOTICE = Notice("escalation/5/1/0", "leader", "Low water", "Roof tank", None, Priority.HIGH)


def titles(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(outside.notice.c.title)).scalars())


async def test_a_notice_with_a_key_that_was_there_before_is_not_told_again(ledger: Ledger) -> None:
    for _ in range(2):
        await ledger.transact(lambda connection: Outbox().put(connection, NOTICE, NOON))
    assert await ledger.transact(titles) == ["Low water"]


async def test_a_notice_of_what_was_rolled_back_is_never_told(ledger: Ledger) -> None:
    def work(connection: sa.Connection) -> None:
        Outbox().put(connection, NOTICE, NOON)
        raise LookupError

    with pytest.raises(LookupError):
        await ledger.transact(work)
    assert await ledger.transact(titles) == []
