"""What the alarm service has dealt with, for the gateway that takes over.

A broker sends again what the former gateway had not acknowledged. Of that, the former may have
dealt with a part: raised the alarm, and died before its acknowledgement. Which part stands in the
ledger, written in the transaction of what came of it: the names of the last readings of each point.

A reading's name is the device's time and the value, or the message it came in where the device has
no clock (gateway/journal/redelivery.py).
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from gateway.journal.journal import Journal
from gateway.ledger.tables import progress
from gateway.ledger.upsert import upsert
from gateway.model.clock import MINUTE, Micros
from gateway.model.reading import TICK, Reading

KEPT: Final = 50
"""Names kept of each point: more of one point's messages are hardly ever under way at once."""

DOUBTED: Final[Micros] = 2 * MINUTE
"""How long after a take-over the former's readings are looked out for: they are sent first."""


class DealtWith:
    """Of one active gateway. What has no place after `since` says nothing: it was this journal's
    before another gateway was active."""

    def __init__(self, journal: Journal, since: int, now: Micros) -> None:
        self.since = since
        self._journal = journal
        self._until = now + DOUBTED
        self._former: Mapping[str, frozenset[str]] | None = None
        self._messages: Mapping[int, int] = {}
        self._names: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._unsaved: set[str] = set()

    def load(self, connection: sa.Connection) -> None:
        """What the former one has dealt with."""
        rows = connection.execute(sa.select(progress.dealt_with)).all()
        if self._former is None:
            self._former = {row.point: frozenset(row.names) for row in rows}
        self._names.clear()
        self._unsaved.clear()
        for row in rows:
            self._names[row.point].extend(row.names)

    async def look_at(self, batch: Sequence[Reading]) -> None:
        """Those that come next, before `is_new` is asked of each."""
        timeless = [r.seq for r in batch if r.seq and r.taken_at == r.received_at]
        self._messages = await self._journal.messages(timeless) if timeless else {}

    def is_new(self, reading: Reading) -> bool:
        """False where the former gateway has dealt with it. Notes it for the next one."""
        if reading.point == TICK:
            return True
        name = self._name(reading)
        if name is None:
            return True
        former = (self._former or {}).get(reading.point, frozenset())
        if name in former and reading.received_at <= self._until:
            return False
        self._names[reading.point].append(name)
        self._unsaved.add(reading.point)
        return True

    def save(self, connection: sa.Connection) -> None:
        """In the transaction of what came of those noted."""
        rows = [{"point": p, "names": list(self._names[p])} for p in sorted(self._unsaved)]
        upsert(connection, progress.dealt_with, rows)
        self._unsaved.clear()

    def _name(self, reading: Reading) -> str | None:
        if reading.taken_at == reading.received_at:
            message = self._messages.get(reading.seq or 0)
            return None if message is None else f"m{message}"
        said = msgspec.json.encode((reading.value, reading.quality), order="sorted")
        return f"{reading.taken_at}:{hashlib.sha256(said).hexdigest()[:16]}"
