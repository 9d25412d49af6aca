"""Messages of other systems: only signed ones are taken, each once."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.errors import Missing
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.clock import Clock, Micros
from gateway.outside.signatures import verified
from gateway.site.model import Webhook


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system is told: an HTTP status and JSON."""

    status: int
    body: str


Perform = Callable[[], Awaitable[Answer]]


class Inbox:
    """One per gateway. What was answered to a message is kept in the ledger, and answered again
    when the message comes again: after a restart, too."""

    def __init__(self, hooks: Sequence[Webhook], ledger: Ledger, clock: Clock) -> None:
        self._secrets = {hook.id: hook.secret for hook in hooks}
        self._ledger = ledger
        self._clock = clock
        self._one_by_one: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(
        self, hook: str, headers: Mapping[str, str], body: bytes, perform: Perform
    ) -> Answer:
        """What `perform` answers, or has answered to this message before.

        Missing for a webhook there is not, NotSignedIn for a message it has not signed just now.
        When `perform` raises, nothing is kept. A crash between the two leaves a message that is
        performed and has no answer: it is performed again.
        """
        secret = self._secrets.get(hook)
        if secret is None:
            raise Missing(f"webhook {hook}", "there is no such webhook", "see the site file")
        message = verified(secret, headers, body, self._clock())
        async with self._one_by_one[hook]:
            kept = await self._ledger.transact(lambda connection: _kept(connection, hook, message))
            if kept is not None:
                return kept
            answer = await perform()
            at = self._clock()
            await self._ledger.transact(
                lambda connection: _keep(connection, hook, message, answer, at)
            )
            return answer


def _kept(connection: sa.Connection, hook: str, message: str) -> Answer | None:
    table = outside.webhook_answer
    query = sa.select(table).where(table.c.hook == hook, table.c.message == message)
    row = connection.execute(query).one_or_none()
    return None if row is None else Answer(row.status, row.body)


def _keep(connection: sa.Connection, hook: str, message: str, answer: Answer, at: Micros) -> None:
    values = {"hook": hook, "message": message, "at": at}
    values |= {"status": answer.status, "body": answer.body}
    connection.execute(outside.webhook_answer.insert().values(values))
