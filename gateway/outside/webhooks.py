"""Tells other systems of every change of a ticket: at least once, each ticket's changes in order.

A change is written down in its own transaction, for each webhook; sent later, signed, and marked
when the receiver has answered with a success. A crash between the two sends it again, with the
same id.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import msgspec
import sqlalchemy as sa

from gateway.errors import GatehouseError, Refused
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import outside
from gateway.model.backoff import Backoff
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Clock, Micros, to_datetime
from gateway.model.ticket import TicketChange
from gateway.outside.http import Overloaded, request
from gateway.outside.signatures import signed
from gateway.site.model import Webhook

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
FIRST_WAIT: Final[Micros] = 5 * SECOND
LONGEST_REST: Final[Micros] = 10 * MINUTE
"""Between two attempts while the receiver is down."""
LONGEST_WAIT: Final[Micros] = HOUR
"""Between two attempts for an event it refuses."""
GIVEN_UP_AFTER: Final[Micros] = 3 * DAY

_INSTANTS: Final = frozenset({"at", "opened_at", "changed_at", "closed_at", "held_until", "until"})

Sleep = Callable[[float], Awaitable[object]]


class WebhookEvents:
    """Follows the ticket book."""

    def __init__(self, hooks: Sequence[Webhook]) -> None:
        self._hooks = [hook.id for hook in hooks if hook.url is not None]

    def follow(self, connection: sa.Connection, change: TicketChange) -> None:
        """Write down what each webhook is to be told. In the change's transaction."""
        if not self._hooks:
            return
        message, body = event(change)
        at = change.entry.at
        common = {"ticket": change.after.number, "message": message, "body": body, "made_at": at}
        rows = [{"hook": hook, **common, "attempts": 0, "next_at": at} for hook in self._hooks]
        connection.execute(outside.webhook_event.insert(), rows)


def event(change: TicketChange) -> tuple[str, str]:
    """The change's id, for ever the same, and its JSON."""
    entry = change.entry
    # The instant too: a ledger begun anew numbers its tickets from 1 again.
    message = f"ticket-{entry.ticket}-{entry.version}-{entry.at}"
    told = {
        "type": f"ticket.{entry.what}",
        "timestamp": to_datetime(entry.at),
        "data": {"ticket": _told(change.after), "entry": _told(entry)},
    }
    return message, msgspec.json.encode(told).decode()


def _told(record: object) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in msgspec.to_builtins(record).items()}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _value(inner, each) for inner, each in value.items()}
    return to_datetime(value) if name in _INSTANTS and value is not None else value


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be sent now; `attempts` counts the failures so far."""

    id: int
    message: str
    body: bytes
    made_at: Micros
    attempts: int


class WebhookSender:
    """Sends the events of one webhook. `fault` says why the newest attempt failed, None when it did
    not; `waiting` counts what is still to be sent."""

    def __init__(
        self,
        hook: Webhook,
        ledger: Ledger,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        sleep: Sleep = asyncio.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self.id = hook.id
        self.fault: str | None = None
        self.waiting = 0
        self._hook = hook
        self._ledger = ledger
        self._http = http
        self._clock = clock
        self._sleep = sleep
        self._rests = Backoff(FIRST_WAIT, LONGEST_REST, chance)
        self._waits = Backoff(FIRST_WAIT, LONGEST_WAIT, chance)
        self._resting_until: Micros = 0

    async def run(self) -> None:
        """Until cancelled. What goes wrong holds up this webhook only."""
        while True:
            try:
                there_was_one = await self.send_next()
            except Exception as error:
                ours = isinstance(error, GatehouseError)
                self._note_fault(str(error) if ours else type(error).__name__, error)
                there_was_one = False
            if not there_was_one:
                await self._sleep(LOOK_SECONDS)

    async def send_next(self) -> bool:
        """Send the oldest event that is due; False when there is none, or the receiver is left
        alone for a while."""
        now = self._clock()
        if now < self._resting_until:
            return False
        due, self.waiting = await self._ledger.transact(
            lambda connection: (_next_due(connection, self.id, now), _count(connection, self.id))
        )
        if due is None:
            return False
        outcome = await self._send(due)
        await self._ledger.transact(lambda connection: _note(connection, due.id, outcome))
        return True

    async def _send(self, due: Event) -> dict[str, object]:
        """What is to be noted of it. The timestamp, and so the signature, is each attempt's own."""
        headers = signed(self._hook.secret, due.message, self._clock(), due.body)
        headers["content-type"] = "application/json"
        try:
            url = str(self._hook.url)
            await request(self._http, self.id, "POST", url, headers=headers, body=due.body)
        except GatehouseError as error:
            return self._failed(due, error)
        if self.fault is not None:
            logger.warning("webhook %s goes on", self.id)
        self.fault = None
        self._rests.reset()
        return {"sent_at": self._clock(), "next_at": None, "failed": None}

    def _failed(self, due: Event, error: GatehouseError) -> dict[str, object]:
        """An event that is refused holds up its own ticket only; a receiver that is down, all."""
        self._note_fault(error.problem, error)
        now, attempts = self._clock(), due.attempts + 1
        noted = {"attempts": attempts, "failed": error.problem}
        if isinstance(error, Refused):
            next_at = now + self._waits.after(attempts)
        else:
            asked = error.wait if isinstance(error, Overloaded) else 0
            next_at = self._resting_until = now + max(self._rests.wait(), asked)
        if now - due.made_at >= GIVEN_UP_AFTER:
            logger.warning("webhook %s: %s is given up", self.id, due.message)
            return {**noted, "next_at": None}
        return {**noted, "next_at": next_at}

    def _note_fault(self, fault: str, error: Exception) -> None:
        if self.fault is None:
            trace = None if isinstance(error, GatehouseError) else error
            logger.warning("webhook %s waits: %s", self.id, fault, exc_info=trace)
        self.fault = fault


def _next_due(connection: sa.Connection, hook: str, now: Micros) -> Event | None:
    """The first that is due of a ticket that has none waiting before it."""
    table = outside.webhook_event
    before = table.alias("before")
    in_front = sa.exists().where(
        before.c.hook == hook,
        before.c.ticket == table.c.ticket,
        before.c.id < table.c.id,
        before.c.next_at.is_not(None),
    )
    query = sa.select(table).where(table.c.hook == hook, table.c.next_at <= now, ~in_front)
    row = connection.execute(query.order_by(table.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    return Event(row.id, row.message, row.body.encode(), row.made_at, row.attempts)


def _count(connection: sa.Connection, hook: str) -> int:
    table = outside.webhook_event
    query = sa.select(sa.func.count()).where(table.c.hook == hook, table.c.next_at.is_not(None))
    return int(connection.execute(query).scalar_one())


def _note(connection: sa.Connection, event: int, outcome: Mapping[str, object]) -> None:
    table = outside.webhook_event
    connection.execute(table.update().where(table.c.id == event).values(**outcome))
