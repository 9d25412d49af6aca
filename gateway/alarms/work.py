"""What one ledger transaction reads and changes of alarms, what keeps them quiet, and their timers.

Each record is read once and written once, however many turns concern it: in a flood of alarms this
is most of the ledger's work.
"""

from collections.abc import Iterable
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.lifecycle import Move
from gateway.ledger import timers
from gateway.ledger.tables import alarms
from gateway.ledger.timers import Timer, TimerKind
from gateway.ledger.upsert import upsert
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm, Attention, Suppressing, Suppression
from gateway.model.clock import Micros
from gateway.model.ticket import Ticket


class AlarmWork:
    """One per transaction. Nothing is in the ledger before `write`; `changed` are the records that
    changed, for the feed, the newest of each."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._alarms: dict[str, Alarm | None] = {}
        self._suppressions: dict[str, dict[int, Suppression]] = {}
        self._next_alarm: int | None = None
        self._next_suppression: int | None = None
        self._timers: dict[tuple[TimerKind, str], Micros | None] = {}
        self._dirty_alarms: dict[int, Alarm] = {}
        self._dirty_suppressions: dict[int, Suppression] = {}
        self._changes: list[dict[str, object]] = []
        self._changed: dict[tuple[type[Alarm | Ticket], int], Alarm | Ticket] = {}

    @property
    def changed(self) -> list[Alarm | Ticket]:
        """What the feed is to tell."""
        return list(self._changed.values())

    def preload(self, rules: Iterable[str]) -> None:
        """Read what is open of these rules, in one go."""
        unknown = sorted(set(rules) - self._alarms.keys())
        if not unknown:
            return
        self._alarms |= dict.fromkeys(unknown)
        self._suppressions |= {rule: {} for rule in unknown}
        for alarm in records.open_alarms(self.connection, unknown):
            self._alarms[alarm.rule] = alarm
        for suppression in records.open_suppressions(self.connection, unknown):
            self._suppressions[suppression.rule][suppression.id] = suppression

    def alarm(self, rule: str) -> Alarm | None:
        """The open alarm of that rule."""
        self.preload([rule])
        return self._alarms[rule]

    def suppressions(self, rule: str) -> list[Suppression]:
        """What keeps that rule quiet now, in the order it began."""
        self.preload([rule])
        return list(self._suppressions[rule].values())

    def new_alarm_id(self) -> int:
        """The next free one: transactions are serial (Ledger)."""
        self._next_alarm = self._next_alarm or records.next_id(self.connection, alarms.alarm)
        self._next_alarm += 1
        return self._next_alarm - 1

    def change(
        self,
        before: Attention,
        alarm: Alarm,
        move: Move,
        *,
        at: Micros,
        who: Actor,
        reason: str,
        told: bool,
    ) -> Alarm:
        """The alarm as it is after the move, and the move on record. `before`: where it stood;
        `told`: the operator is, with it."""
        ended = alarm.attention is Attention.NORMAL and not alarm.active
        ended_at = at if ended else None
        moved = replace(alarm, sequence=alarm.sequence + 1, ended_at=ended_at)
        change: dict[str, object] = {
            "alarm": moved.id,
            "sequence": moved.sequence,
            "occurrence": moved.occurrences,
            "at": at,
            "move": move.value,
            "before": before.value,
            "after": moved.attention.value,
            "active": moved.active,
            "announced": told,
            "who": who.user,
            "reason": reason,
        }
        self._changes.append(change)
        return self.put(moved)

    def put(self, alarm: Alarm) -> Alarm:
        """Remember the alarm as it is now."""
        self._dirty_alarms[alarm.id] = alarm
        self._alarms[alarm.rule] = alarm if alarm.ended_at is None else None
        self.tell(alarm)
        return alarm

    def tell(self, record: Alarm | Ticket) -> None:
        """Have the feed tell of it."""
        number = record.id if isinstance(record, Alarm) else record.number
        key = (type(record), number)
        self._changed.pop(key, None)
        self._changed[key] = record

    def begin(self, suppression: Suppression) -> Suppression:
        """Keep the rule quiet from now on; with an end, by a timer."""
        self.preload([suppression.rule])
        next_id = self._next_suppression
        next_id = next_id or records.next_id(self.connection, alarms.suppression)
        self._next_suppression = next_id + 1
        return self.prolong(replace(suppression, id=next_id), suppression.until)

    def prolong(self, suppression: Suppression, until: Micros | None) -> Suppression:
        """Let it end then; None: with the parent's alarm."""
        self.preload([suppression.rule])
        prolonged = replace(suppression, until=until)
        self._suppressions[suppression.rule][suppression.id] = prolonged
        self._dirty_suppressions[suppression.id] = prolonged
        self._timers[TimerKind.SUPPRESSION, str(suppression.id)] = until
        return prolonged

    def end(self, suppression: Suppression, *, at: Micros, who: Actor = GATEWAY) -> Suppression:
        """It is over."""
        self.preload([suppression.rule])
        self._suppressions[suppression.rule].pop(suppression.id, None)
        ended = replace(suppression, ended_at=at, ended_by=who.user)
        self._dirty_suppressions[suppression.id] = ended
        self._timers[TimerKind.SUPPRESSION, str(suppression.id)] = None
        return ended

    def settling(self, rule: str) -> Suppression | None:
        """The wait for its parents, if it is under way."""
        found = (s for s in self.suppressions(rule) if s.kind is Suppressing.SETTLING)
        return next(found, None)

    def set_timer(self, kind: TimerKind, subject: str, due_at: Micros | None) -> None:
        """Start it, or stop it."""
        self._timers[kind, subject] = due_at

    def next_due(self) -> Micros | None:
        """When the first timer runs out, those not written yet among them; may be too early."""
        due = [at for at in self._timers.values() if at is not None]
        kept = timers.next_due(self.connection)
        return min(due if kept is None else [*due, kept], default=None)

    def write(self) -> None:
        """Write everything that has changed since the last time."""
        upsert(self.connection, alarms.alarm, [_row(a) for a in self._dirty_alarms.values()])
        if self._changes:
            self.connection.execute(alarms.alarm_change.insert(), self._changes)
        rows = [msgspec.to_builtins(s) for s in self._dirty_suppressions.values()]
        upsert(self.connection, alarms.suppression, rows)
        timers.stop_all(self.connection, [key for key, due in self._timers.items() if due is None])
        timers.start_all(
            self.connection,
            [Timer(*key, due) for key, due in self._timers.items() if due is not None],
        )
        self._dirty_alarms, self._dirty_suppressions, self._changes = {}, {}, []
        self._timers = {}

    def forget(self) -> None:
        """Read everything anew: others have written to the ledger meanwhile."""
        self._alarms, self._suppressions = {}, {}
        self._next_alarm = self._next_suppression = None


def _row(alarm: Alarm) -> dict[str, object]:
    row: dict[str, object] = msgspec.to_builtins(alarm)
    return row
