"""Alarm changes of a window of time, read from the ledger in slices.

The ledger has one thread, and alarms come first there: no slice keeps it for long.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from gateway.alarms.figures import FLOOD_LEAD, Subject
from gateway.alarms.lifecycle import Move
from gateway.alarms.occurrences import ANNOUNCING, COUNTING, Moved
from gateway.ledger.reader import Transacting
from gateway.ledger.tables import alarms
from gateway.model.clock import Micros
from gateway.model.rule import Priority
from gateway.model.text import Text

SLICE: Final = 1_000
"""Rows of one transaction: some milliseconds."""

_change, _alarm = alarms.alarm_change, alarms.alarm
TOLD: Final = sa.and_(
    _change.c.move.in_(ANNOUNCING),
    _change.c.announced,
)
"""Whether the operator was told with a change."""

_COLUMNS = (_change.c.id, _change.c.alarm, _change.c.at, _change.c.move, TOLD.label("told"))
_Change = tuple[int, int, Micros, str, bool]


@dataclass(frozen=True, slots=True)
class Window:
    """Changes in the order of their commits, and what their alarms are called."""

    changes: Sequence[Moved]
    subjects: dict[int, Subject]


async def read_window(ledger: Transacting, start: Micros, end: Micros) -> Window:
    """What figures over [start, end) go by: the changes from FLOOD_LEAD before it on, and the
    earlier ones of alarms that were open then."""
    begin = start - FLOOD_LEAD
    rows: list[_Change] = await ledger.transact(lambda connection: _earlier(connection, begin))
    at, last = begin, 0
    while slice_ := await ledger.transact(_following(at, last, end)):
        rows += slice_
        last, _, at, *_ = slice_[-1]
    changes, ids = await asyncio.to_thread(_in_order, rows)
    subjects: dict[int, Subject] = {}
    for first in range(0, len(ids), SLICE):
        subjects |= await ledger.transact(_subjects(ids[first : first + SLICE]))
    return Window(changes, subjects)


def _in_order(rows: list[_Change]) -> tuple[list[Moved], list[int]]:
    """The changes in the order of their commits, and their alarms. Takes a while of a year."""
    rows.sort()
    changes = [Moved(alarm, at, Move(move), told) for _, alarm, at, move, told in rows]
    return changes, sorted({change.alarm for change in changes})


def _earlier(connection: sa.Connection, begin: Micros) -> list[_Change]:
    """Changes before `begin` of alarms that had not ended by then. Ids of alarms ascend with the
    time they came first: none from the first later one on has any."""
    later = sa.select(_change.c.alarm).where(_change.c.at >= begin, _change.c.sequence == 1)
    first_later = connection.execute(later.order_by(_change.c.at).limit(1)).scalar()
    query = sa.select(*_COLUMNS).join(_alarm, _alarm.c.id == _change.c.alarm)
    query = query.where(sa.or_(_alarm.c.ended_at.is_(None), _alarm.c.ended_at >= begin))
    if first_later is not None:
        query = query.where(_alarm.c.id <= first_later)
    return _rows(connection, query.where(_change.c.at < begin))


def _following(at: Micros, last: int, end: Micros) -> Callable[[sa.Connection], list[_Change]]:
    """The next slice after the change `last` at `at`, by time."""
    beyond = sa.or_(_change.c.at > at, _change.c.id > last)
    query = sa.select(*_COLUMNS).where(_change.c.at >= at, _change.c.at < end, beyond)
    query = query.order_by(_change.c.at, _change.c.id).limit(SLICE)
    return lambda connection: _rows(connection, query)


def _rows(
    connection: sa.Connection, query: sa.Select[int, int, Micros, str, bool]
) -> list[_Change]:
    counting = query.where(_change.c.move.in_(COUNTING))
    return [(row[0], row[1], row[2], row[3], bool(row[4])) for row in connection.execute(counting)]


def _subjects(ids: Sequence[int]) -> Callable[[sa.Connection], dict[int, Subject]]:
    columns = (_alarm.c.id, _alarm.c.rule, _alarm.c.title, _alarm.c.priority)
    query = sa.select(*columns).where(_alarm.c.id.in_(ids)).order_by(_alarm.c.id)

    def work(connection: sa.Connection) -> dict[int, Subject]:
        return {
            row.id: Subject(row.rule, msgspec.convert(row.title, Text), Priority(row.priority))
            for row in connection.execute(query)
        }

    return work
