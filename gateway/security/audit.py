"""The record of who let whom in: append-only, written in the transaction of the act itself."""

from enum import StrEnum

import sqlalchemy as sa

from gateway.ledger import tables
from gateway.model.clock import Micros

ANONYMOUS = "anonymous"
"""Who, where nobody had signed in."""

CONSOLE = "console"
"""Who, where somebody with a shell on the gateway's machine did it."""

RESERVED = frozenset({ANONYMOUS, CONSOLE, "gateway"})
"""Names no user may have, for the records would not tell them apart."""


class Audited(StrEnum):
    """What is kept on record."""

    USER_ADDED = "user added"
    PASSWORD_SET = "password set"
    ROLE_SET = "role set"
    USER_DISABLED = "user disabled"
    USER_ENABLED = "user enabled"
    SIGNED_IN = "signed in"
    SIGN_IN_REFUSED = "sign-in refused"
    SIGNED_OUT = "signed out"
    SESSIONS_ENDED = "sessions ended"
    LINK_MADE = "sign-in link made"
    TOKEN_ISSUED = "token issued"
    TOKEN_REVOKED = "token revoked"


def record(
    connection: sa.Connection, at: Micros, who: str, act: Audited, subject: str, detail: str = ""
) -> None:
    """Put one line on record. `subject` is the user concerned."""
    connection.execute(
        tables.audit.insert().values(at=at, who=who, act=act, subject=subject, detail=detail)
    )
