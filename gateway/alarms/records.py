"""Conditions, alarms and suppressions as the ledger has them."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from gateway.alarms.conditions import Condition
from gateway.errors import Missing
from gateway.ledger.tables import alarms
from gateway.ledger.upsert import upsert
from gateway.model.alarm import Alarm, Attention, Suppression


def load_conditions(connection: sa.Connection) -> dict[str, Condition]:
    """Every condition that is not plain NORMAL, by rule."""
    rows = connection.execute(sa.select(alarms.condition))
    return {row.rule: msgspec.convert(row, Condition, from_attributes=True) for row in rows}


def forget_conditions(connection: sa.Connection, kept: Collection[str]) -> None:
    """Forget those of rules that are not kept."""
    gone = [{"of": rule} for rule in load_conditions(connection).keys() - set(kept)]
    if gone:
        connection.execute(_FORGET, gone)


def save_conditions(connection: sa.Connection, conditions: Iterable[Condition]) -> None:
    """Remember the conditions, one of each rule; a plain NORMAL one needs no row."""
    plain = [{"of": condition.rule} for condition in conditions if condition.plain]
    if plain:
        connection.execute(_FORGET, plain)
    kept = [msgspec.to_builtins(condition) for condition in conditions if not condition.plain]
    upsert(connection, alarms.condition, kept)


_alarms, _suppressions = alarms.alarm, alarms.suppression
_of_rules: sa.BindParameter[Any] = sa.bindparam("rules", expanding=True)
_OPEN_ALARMS = (
    sa.select(_alarms)
    .where(_alarms.c.rule.in_(_of_rules), _alarms.c.ended_at.is_(None))
    .order_by(_alarms.c.id)
)
_SUPPRESSIONS = (
    sa.select(_suppressions).where(_suppressions.c.ended_at.is_(None)).order_by(_suppressions.c.id)
)
_SUPPRESSIONS_OF = _SUPPRESSIONS.where(_suppressions.c.rule.in_(_of_rules))
_FORGET = alarms.condition.delete().where(alarms.condition.c.rule == sa.bindparam("of"))


def open_alarms(connection: sa.Connection, rules: Collection[str]) -> list[Alarm]:
    """The open alarms of those rules, suppressed ones among them."""
    rows = connection.execute(_OPEN_ALARMS, {"rules": list(rules)})
    return [_alarm(row) for row in rows]


def active_alarms(connection: sa.Connection) -> list[Alarm]:
    """All that are active."""
    table = alarms.alarm
    query = sa.select(table).where(table.c.active, table.c.ended_at.is_(None))
    return [_alarm(row) for row in connection.execute(query.order_by(table.c.id))]


def find(connection: sa.Connection, alarm_id: int) -> Alarm:
    """The alarm with that id; Missing when there is none."""
    query = sa.select(alarms.alarm).where(alarms.alarm.c.id == alarm_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Missing(f"alarm {alarm_id}", "there is no such alarm", "look at the list of alarms")
    return _alarm(row)


def list_alarms(
    connection: sa.Connection,
    *,
    ended: bool = False,
    ticket: int | None = None,
    limit: int | None = None,
) -> list[Alarm]:
    """Alarms presented to the operator, most urgent and then newest first; with `ended`, all of
    them, newest first. Those of a `ticket` that have not ended, whether suppressed or not."""
    table = alarms.alarm
    query = sa.select(table).limit(limit)
    if ticket is not None:
        query = query.where(table.c.ticket == ticket)
    if ended:
        query = query.order_by(table.c.id.desc())
    else:
        query = query.where(table.c.ended_at.is_(None) if ticket is not None else PRESENTED)
        query = query.order_by(table.c.priority, table.c.raised_at.desc(), table.c.id.desc())
    return [_alarm(row) for row in connection.execute(query)]


PRESENTED = sa.and_(
    alarms.alarm.c.ended_at.is_(None),
    alarms.alarm.c.attention != Attention.NORMAL.value,
    sa.cast(alarms.alarm.c.suppressed, sa.Text) == sa.literal("[]", sa.Text),
)
"""What is on the operator's list of open alarms, as Alarm.presented."""


def open_suppressions(
    connection: sa.Connection, rules: Collection[str] | None = None
) -> list[Suppression]:
    """What keeps alarms of those rules, or of any, quiet now; in the order it began."""
    if rules is None:
        rows = connection.execute(_SUPPRESSIONS)
    else:
        rows = connection.execute(_SUPPRESSIONS_OF, {"rules": list(rules)})
    return [_suppression(row) for row in rows]


def find_suppression(connection: sa.Connection, number: int) -> Suppression:
    """The suppression with that id; Missing when there is none."""
    query = sa.select(alarms.suppression).where(alarms.suppression.c.id == number)
    row = connection.execute(query).one_or_none()
    if row is None:
        subject = f"suppression {number}"
        raise Missing(subject, "there is no such suppression", "look at what is suppressed")
    return _suppression(row)


def next_id(connection: sa.Connection, table: sa.Table) -> int:
    """The next free id of a table whose rows are never deleted."""
    newest = connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one()
    return (newest or 0) + 1


def _alarm(row: sa.Row[tuple[object, ...]]) -> Alarm:
    return msgspec.convert(row, Alarm, from_attributes=True)


def _suppression(row: sa.Row[tuple[object, ...]]) -> Suppression:
    return msgspec.convert(row, Suppression, from_attributes=True)
