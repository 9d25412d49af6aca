"""What is to be told to people outside: written with what it tells of, sent later.

A notice is a promise to send. It acknowledges nothing: delivered is not seen.
"""

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from gateway.ledger.tables import outside
from gateway.model.clock import Micros
from gateway.model.rule import Priority

_KNOWN = sa.select(outside.notice.c.id).where(outside.notice.c.key == sa.bindparam("about"))
_PUT = outside.notice.insert()


@dataclass(frozen=True, slots=True)
class Notice:
    """To be told once to `audience`, one of the site's. `key` says which it is, such as
    "escalation/5/2/1"; `ticket` the one it tells of, if any."""

    key: str
    audience: str
    title: str
    body: str
    ticket: int | None
    priority: Priority


class Outbox:
    """Notices in the ledger, waiting to be sent."""

    def put(self, connection: sa.Connection, notice: Notice, at: Micros) -> None:
        """In the caller's transaction, so that it is told if and only if what it tells of is
        durable. A key that was there before is not told again."""
        if connection.execute(_KNOWN, {"about": notice.key}).one_or_none() is None:
            row = {**msgspec.to_builtins(notice), "made_at": at, "attempts": 0, "next_at": at}
            connection.execute(_PUT, row)

    def let_tell_again(self, connection: sa.Connection, key: str) -> None:
        """What was told under that key was wrong: it keeps its place under another."""
        table = outside.notice
        past = table.update().where(table.c.key == key)
        connection.execute(
            past.values(key=table.c.key + sa.literal("/") + table.c.id.cast(sa.Text))
        )
