"""Reading a ledger that somebody else may be using. Nothing is ever written to it."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Unreachable

T = TypeVar("T")


class Transacting(Protocol):
    """What a ledger and a reader of one have in common."""

    async def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in one transaction."""


class LedgerReader:
    """Of the ledger at that URL; use as `async with`. Unreachable where it does not answer, or is
    of another version of Gatehouse."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url)

    async def __aenter__(self) -> Self:
        self._engine = _read_only(self._url)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.dispose()

    async def transact(self, work: Callable[[sa.Connection], T]) -> T:
        """What `work` finds."""
        return await asyncio.to_thread(self._transact, work)

    def _transact(self, work: Callable[[sa.Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            shown = self._url.render_as_string(hide_password=True)
            told = f"ledger: cannot be read ({getattr(error, 'orig', None) or error})"
            remedy = "look at site.ledger; its gateway must be of this version"
            raise Unreachable(shown, told, remedy) from error


def _read_only(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        readable = f"sqlite:///file:{url.database}?mode=ro&uri=true"
        return sa.create_engine(readable, poolclass=sa.NullPool)
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        connect_args={"options": "-c default_transaction_read_only=on"},
    )
