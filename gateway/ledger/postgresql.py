"""How PostgreSQL is connected to: whichever side goes silent, the other gives it up in seconds.

Needs the package psycopg, and is imported only where a site names a PostgreSQL ledger.
Source: PostgreSQL's manual, 20.3.2 and 20.11 (time-outs of the server), 34.1.2 (of its client).
"""

from typing import Any, Final, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

T = TypeVar("T")

ANSWER_WITHIN_S: Final = 20.0
"""For one statement: no more than a slow disk takes."""

_CLIENT: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Seconds, the last milliseconds: without them a cut cable is noticed after hours."""

_SERVER: Final = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}
"""The same at the other end: a machine that is gone holds neither locks nor the lease."""


class _Connection(psycopg.Connection[Any]):
    """One that hangs up where no answer comes. Keepalives notice a dead peer, but nothing of one
    in between that answers them and passes nothing on."""

    answer_within_s: float | None = ANSWER_WITHIN_S

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        try:
            return super().wait(gen, interval, timeout or self.answer_within_s)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise  # it has answered
            self.pgconn.finish()
            problem = f"no answer within {self.answer_within_s} s"
            raise psycopg.OperationalError(problem) from error


def create_engine(
    url: sa.URL,
    session: str,
    answer_within_s: float | None = ANSWER_WITHIN_S,
    idle_within_s: float | None = None,
) -> sa.Engine:
    """One connection, made anew when it is gone. `session`: what PostgreSQL calls it; it ends one
    that asks nothing for `idle_within_s` (from PostgreSQL 14 on)."""
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=1,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"application_name": session, **_CLIENT},
    )
    settings = {**_SERVER, "idle_session_timeout": f"{idle_within_s or 0}s"}

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, _args: object, asked: dict[str, Any]) -> Any:
        connection = _Connection.connect(**asked)
        connection.answer_within_s = answer_within_s
        _set(connection, settings)
        return connection

    return engine


def _set(connection: psycopg.Connection[Any], settings: dict[str, str]) -> None:
    """For this session, those of them that this version knows."""
    query = (
        "SELECT set_config(name, wanted.value, false) FROM pg_settings"
        " JOIN unnest(%s::text[], %s::text[]) AS wanted (name, value) USING (name)"
    )
    connection.execute(query, [list(settings), list(settings.values())])
    connection.commit()
