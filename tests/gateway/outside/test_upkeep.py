"""What was told long ago goes from the ledger, on each database."""

import sqlalchemy as sa

from gateway.desk.notices import Notice, Outbox
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.clock import SECOND
from gateway.model.rule import Priority
from gateway.outside.upkeep import KEPT, Upkeep
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON


async def test_what_is_dealt_with_goes_after_a_while_and_what_waits_stays(ledger: Ledger) -> None:
    clock = HandClock(NOON)
    answer = {"hook": "erp", "message": "m", "at": NOON, "status": 200, "body": "{}"}

    def fill(connection: sa.Connection) -> None:
        for key in ("sent", "waiting"):
            notice = Notice(key, "leader", "Low water", "Roof", None, Priority.HIGH)
            Outbox().put(connection, notice, NOON)
        sent = outside.notice.update().where(outside.notice.c.key == "sent")
        connection.execute(sent.values(sent_at=NOON, next_at=None))
        connection.execute(outside.webhook_answer.insert().values(answer))

    def left(connection: sa.Connection) -> tuple[list[str], int]:
        keys = connection.execute(sa.select(outside.notice.c.key).order_by(outside.notice.c.key))
        answers = connection.execute(sa.select(outside.webhook_answer))
        return list(keys.scalars()), len(answers.all())

    await ledger.transact(fill)
    upkeep = Upkeep(ledger, clock)
    clock.now = NOON + KEPT
    await upkeep.tidy()
    assert await ledger.transact(left) == (["sent", "waiting"], 1)
    clock.now += SECOND
    await upkeep.tidy()
    assert await ledger.transact(left) == (["waiting"], 0)
