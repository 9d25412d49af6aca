"""Conditions and alarms in the ledger."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from gateway.alarms.conditions import Condition
from gateway.alarms.lifecycle import Move, after
from gateway.errors import Missing
from gateway.ledger import tables
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm, Attention
from gateway.model.clock import Micros
from gateway.model.reading import Reading
from gateway.model.rule import Rule
from gateway.model.text import Text


def load_conditions(connection: sa.Connection) -> dict[str, Condition]:
    """Every condition that is not plain NORMAL, by rule."""
    rows = connection.execute(sa.select(tables.condition))
    return {row.rule: msgspec.convert(row, Condition, from_attributes=True) for row in rows}


def save_condition(connection: sa.Connection, condition: Condition) -> None:
    """Remember the condition; a plain NORMAL one needs no row."""
    table = tables.condition
    connection.execute(table.delete().where(table.c.rule == condition.rule))
    if condition.plain:
        return
    connection.execute(table.insert().values(msgspec.to_builtins(condition)))


def find_open(connection: sa.Connection, rule: str) -> Alarm | None:
    """The open alarm of that rule."""
    table = tables.alarm
    query = sa.select(table).where(table.c.rule == rule, table.c.ended_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _alarm(row)


def find(connection: sa.Connection, alarm_id: int) -> Alarm:
    """The alarm with that id; Missing when there is none."""
    query = sa.select(tables.alarm).where(tables.alarm.c.id == alarm_id)
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
    """Open alarms, most urgent and then newest first; with `ended`, all of them, newest first."""
    table = tables.alarm
    query = sa.select(table).limit(limit)
    if ticket is not None:
        query = query.where(table.c.ticket == ticket)
    if ended:
        query = query.order_by(table.c.id.desc())
    else:
        query = query.where(table.c.ended_at.is_(None))
        query = query.order_by(table.c.priority, table.c.raised_at.desc())
    return [_alarm(row) for row in connection.execute(query)]


def raise_alarm(
    connection: sa.Connection,
    rule: Rule,
    place: Text,
    evidence: Reading | None,
    at: Micros,
) -> Alarm:
    """The rule's open alarm raised again, or a new one."""
    alarm = find_open(connection, rule.id)
    if alarm is None:
        alarm = _insert(connection, rule, place, at)
    raised = replace(
        alarm,
        active=True,
        occurrences=alarm.occurrences + 1,
        raised_at=at,
        returned_at=None,
        evidence=evidence,
    )
    return move_alarm(connection, raised, Move.RAISE, latching=rule.latching, at=at)


def move_alarm(
    connection: sa.Connection,
    alarm: Alarm,
    move: Move,
    *,
    latching: bool,
    at: Micros,
    who: Actor = GATEWAY,
    reason: str = "",
) -> Alarm:
    """The alarm after the move, with the move on record; Refused when it cannot be made."""
    subject = f"alarm {alarm.id}"
    attention = after(alarm.attention, move, latching=latching, subject=subject)
    returned = move is Move.RETURN
    moved = replace(
        alarm,
        attention=attention,
        active=alarm.active and not returned,
        sequence=alarm.sequence + 1,
        returned_at=at if returned else alarm.returned_at,
        ended_at=at if attention is Attention.NORMAL else None,
    )
    _update(connection, moved)
    change = {
        "alarm": alarm.id,
        "sequence": moved.sequence,
        "occurrence": moved.occurrences,
        "at": at,
        "move": move.value,
        "before": alarm.attention.value,
        "after": attention.value,
        "who": who.user,
        "reason": reason,
    }
    connection.execute(tables.alarm_change.insert().values(change))
    return moved


def attach_ticket(connection: sa.Connection, alarm: Alarm, number: int) -> Alarm:
    """The alarm, worked on under that ticket."""
    if alarm.ticket == number:
        return alarm
    attached = replace(alarm, ticket=number)
    _update(connection, attached)
    return attached


def drop_rules(connection: sa.Connection, kept: Sequence[str], at: Micros) -> list[Alarm]:
    """Let go of rules that are no longer in the site file: their conditions are forgotten, their
    open alarms return to normal with that reason and wait for a person like any other."""
    for rule in load_conditions(connection).keys() - set(kept):
        connection.execute(tables.condition.delete().where(tables.condition.c.rule == rule))
    reason = "its rule is no longer in the site file"
    return [
        move_alarm(connection, alarm, Move.RETURN, latching=False, at=at, reason=reason)
        for alarm in list_alarms(connection)
        if alarm.active and alarm.rule not in set(kept)
    ]


def _insert(connection: sa.Connection, rule: Rule, place: Text, at: Micros) -> Alarm:
    alarm = Alarm(
        id=0,
        rule=rule.id,
        device=rule.device,
        title=rule.title,
        place=place,
        priority=rule.priority,
        alarm_class=rule.alarm_class,
        attention=Attention.NORMAL,
        active=False,
        sequence=0,
        occurrences=0,
        raised_at=at,
        returned_at=None,
        ended_at=None,
        evidence=None,
    )
    inserted = connection.execute(tables.alarm.insert().values(_row(alarm)))
    key = inserted.inserted_primary_key
    assert key is not None  # an autoincrement key always comes back
    return replace(alarm, id=key[0])


def _update(connection: sa.Connection, alarm: Alarm) -> None:
    table = tables.alarm
    connection.execute(table.update().where(table.c.id == alarm.id).values(_row(alarm)))


def _row(alarm: Alarm) -> dict[str, object]:
    row: dict[str, object] = msgspec.to_builtins(alarm)
    del row["id"]
    return row


def _alarm(row: sa.Row[tuple[object, ...]]) -> Alarm:
    return msgspec.convert(row, Alarm, from_attributes=True)
