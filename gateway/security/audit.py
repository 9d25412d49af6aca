"""The record of who did what: append-only, written in the transaction of the act itself."""

from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from gateway.ledger import chain
from gateway.ledger.tables import security
from gateway.model.actor import GATEWAY, Actor
from gateway.model.clock import Micros

ANONYMOUS: Final = Actor("anonymous")
"""Who, where nobody had signed in."""

CONSOLE: Final = Actor("console")
"""Who, where somebody with a shell on the gateway's machine did it."""

RESERVED: Final = frozenset(actor.user for actor in (ANONYMOUS, CONSOLE, GATEWAY))
"""Names no user may have, for the records would not tell them apart."""

SYSTEM: Final = "webhook-"
"""Before the id of the webhook by which another system acts. No user's name begins so, either."""


class Audited(StrEnum):
    """What is kept on record about accounts."""

    USER_ADDED = "user added"
    PASSWORD_SET = "password set"
    ROLE_SET = "role set"
    USER_DISABLED = "user disabled"
    USER_ENABLED = "user enabled"
    SIGNED_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    COUNTERSIGNED = "countersigned"
    """As the second person for somebody else's act, which stands after it."""
    COUNTERSIGNING_REFUSED = "countersigning refused"
    """The password was right, but that person may not do such things."""
    SIGNED_OUT = "signed out"
    SESSIONS_ENDED = "sessions ended"
    LINK_MADE = "sign-in link made"
    TOKEN_ISSUED = "token issued"
    TOKEN_REVOKED = "token revoked"


def record(
    connection: sa.Connection,
    at: Micros,
    who: Actor,
    act: str,
    subject: str,
    *,
    reason: str = "",
    before: str = "",
    after: str = "",
) -> None:
    """Put one act on record, chained to the one before (gateway/ledger/chain.py).

    `act` is a word or two; `subject` is what was acted on: a user's name, "ticket 7", "rule x".
    `before` and `after` say what was changed, from what to what.
    """
    number, above = _newest(connection)
    line: dict[str, object] = {
        "at": at,
        "who": who.user,
        "role": who.role,
        "place": who.place,
        "act": str(act),
        "subject": subject,
        "detail": reason,
        "before": before,
        "after": after,
    }
    # Numbered here, not by the database: its numbers have gaps after transactions that failed.
    row = {"id": number + 1, **line, "hash": chain.link(above, line)}
    connection.execute(security.audit.insert().values(row))


def _newest(connection: sa.Connection) -> tuple[int, str]:
    """Its number and hash; it stays the newest until this transaction ends."""
    table = security.audit
    if connection.dialect.name == "postgresql":  # SQLite lets in one writer at a time anyway
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
    newest = sa.select(table.c.id, table.c.hash).order_by(table.c.id.desc()).limit(1)
    found = connection.execute(newest).one_or_none()
    return (0, chain.BEGINNING) if found is None else (found.id, found.hash)
