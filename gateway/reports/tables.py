"""Tickets, and what alarms did, as CSV: times in ISO 8601 with the site's offset."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access, alarms, desk
from gateway.model.clock import Micros, to_datetime
from gateway.spreadsheet import BOM, csv_lines, harmless

SLICE: Final = 1_000
"""Rows of one transaction."""

_Row = sa.Row[tuple[Any, ...]]
_Cell = Callable[[_Row, ZoneInfo], object]


def _plain(name: str) -> _Cell:
    return lambda row, _zone: row._mapping[name]


def _text(name: str) -> _Cell:
    return lambda row, _zone: harmless(row._mapping[name] or "")


def _in(name: str, language: str) -> _Cell:
    return lambda row, _zone: harmless(row._mapping[name][language])


def _called(name: str) -> _Cell:
    return lambda row, _zone: harmless((row.call or {}).get(name, ""))


def _instant(name: str) -> _Cell:
    def cell(row: _Row, zone: ZoneInfo) -> object:
        at = row._mapping[name]
        return (
            None if at is None else to_datetime(at).astimezone(zone).isoformat(timespec="seconds")
        )

    return cell


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of `query` whose `at` lies in the window, in that order; columns by name."""

    query: sa.Select[tuple[Any, ...]]
    at: sa.Column[Micros]
    key: sa.Column[int]
    columns: dict[str, _Cell]


TICKETS: Final = Table(
    sa.select(desk.ticket),
    desk.ticket.c.opened_at,
    desk.ticket.c.number,
    {
        "number": _plain("number"),
        "opened_at": _instant("opened_at"),
        "closed_at": _instant("closed_at"),
        "state": _plain("state"),
        "priority": _plain("priority"),
        "job": _plain("job"),
        "source": _plain("source"),
        "device": _text("device"),
        "title_en": _in("title", "en"),
        "title_zh": _in("title", "zh"),
        "place_en": _in("place", "en"),
        "place_zh": _in("place", "zh"),
        "reporter": _called("reporter"),
        "phone": _called("phone"),
        "what": _called("what"),
        "assignee": _text("assignee"),
        "code": _text("code"),
        "satisfied": _plain("satisfied"),
    },
)
"""By when they were opened."""

_change, _alarm = alarms.alarm_change, alarms.alarm

ALARM_CHANGES: Final = Table(
    sa.select(
        _change,
        *(_alarm.c[name] for name in ("rule", "device", "title", "place", "priority", "ticket")),
        _alarm.c.alarm_class,
    ).join(_alarm, _alarm.c.id == _change.c.alarm),
    _change.c.at,
    _change.c.id,
    {
        "id": _plain("id"),
        "at": _instant("at"),
        "alarm": _plain("alarm"),
        "occurrence": _plain("occurrence"),
        "move": _plain("move"),
        "attention": _plain("after"),
        "who": _text("who"),
        "reason": _text("reason"),
        "rule": _text("rule"),
        "device": _text("device"),
        "title_en": _in("title", "en"),
        "title_zh": _in("title", "zh"),
        "place_en": _in("place", "en"),
        "place_zh": _in("place", "zh"),
        "priority": _plain("priority"),
        "class": _plain("alarm_class"),
        "ticket": _plain("ticket"),
    },
)
"""Every move of an alarm."""


VEHICLES: Final = Table(
    sa.select(access.gate_record),
    access.gate_record.c.at,
    access.gate_record.c.id,
    {
        "id": _plain("id"),
        "at": _instant("at"),
        "noted_at": _instant("noted_at"),
        "barrier": _text("barrier"),
        "what": _text("what"),
        "outcome": _text("outcome"),
        "plate": _text("plate"),
        "direction": _text("direction"),
        "holder": _text("holder"),
        "pass": _plain("pass_id"),
        "who": _text("who"),
        "reason": _text("reason"),
    },
)
"""What came and went at barriers."""


async def csv_of(
    ledger: Ledger, table: Table, start: Micros, end: Micros, zone: ZoneInfo
) -> AsyncIterator[bytes]:
    """The table's rows of [start, end), in parts."""
    yield BOM.encode() + csv_lines([tuple(table.columns)])
    at, last = start, 0
    while rows := await ledger.transact(partial(_slice, table=table, at=at, last=last, end=end)):
        at, last = (rows[-1]._mapping[column.name] for column in (table.at, table.key))
        yield csv_lines([[cell(row, zone) for cell in table.columns.values()] for row in rows])


def _slice(
    connection: sa.Connection, *, table: Table, at: Micros, last: int, end: Micros
) -> Sequence[_Row]:
    beyond = sa.or_(table.at > at, table.key > last)
    query = table.query.where(table.at >= at, table.at < end, beyond)
    return connection.execute(query.order_by(table.at, table.key).limit(SLICE)).all()
