"""The hand-over sheet: written by itself, from what is in the ledger at that instant."""

from collections.abc import Iterator

import sqlalchemy as sa

from gateway.access.bypasses import bypass_ends
from gateway.access.standing_orders import standing_orders
from gateway.alarms import records
from gateway.alarms.bypasses import bypass_points, read_bypasses
from gateway.alarms.lifecycle import Move
from gateway.desk import keys, tickets
from gateway.ledger.tables import alarms, desk
from gateway.model.alarm import Alarm, Suppressing
from gateway.model.bypass import BYPASSED, Bypass
from gateway.model.clock import Micros
from gateway.model.handover import (
    Counts,
    KeptQuiet,
    Note,
    OpenTicket,
    Overdue,
    Sheet,
    Standing,
    Unwatched,
)
from gateway.model.rule import InState, Rule, Silent
from gateway.model.text import Text
from gateway.model.ticket import ClockKind, Ticket
from gateway.security.audit_trail import newest_hash
from gateway.site.model import Site

STANDS_OPEN = frozenset({"open", "propped", "left-open"})
"""What is said of a door, gate or barrier that stands open, by itself or by the gateway."""

BY_PEOPLE = (Suppressing.SHELVED, Suppressing.OUT_OF_SERVICE)


class SheetWriter:
    """Writes sheets of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._rules = {rule.id: rule for rule in site.rules}
        self._bypass = bypass_points(site)
        self._places = {device.id: device.place for device in site.devices}

    def write(self, connection: sa.Connection, handover: int, since: Micros, now: Micros) -> Sheet:
        """As things are now; counts from `since` on."""
        active = [alarm for alarm in records.list_alarms(connection) if alarm.active]
        return Sheet(
            at=now,
            since=since,
            tickets=tuple(_open_tickets(connection)),
            quiet=tuple(self._quiet(connection)),
            overdue=tuple(_overdue(connection, now)),
            offline=tuple(_standing(alarm) for alarm in active if self._is_silence(alarm)),
            open_doors=tuple(_standing(alarm) for alarm in active if self._stands_open(alarm)),
            keys_out=tuple(keys.keys_out(connection)),
            notes=tuple(_notes(connection, handover)),
            counts=_counts(connection, since, now),
            audit=newest_hash(connection),
            bypassed=tuple(self.bypassed(connection)),
            standing=tuple(standing_orders(connection, self._site)),
        )

    def bypassed(self, connection: sa.Connection) -> Iterator[Unwatched]:
        """What is bypassed now, or not known to be watching."""
        told, ends = read_bypasses(connection), bypass_ends(connection, self._bypass)
        for device, point in self._bypass.items():
            last = told.get(point, Bypass(point))
            found = Unwatched(
                device=device,
                place=self._places[device],
                state=last.state,
                since=last.since,
                unknown_since=last.unknown_since,
                until=ends.get(device),
            )
            if last.state == BYPASSED or not found.known:
                yield found

    def _is_silence(self, alarm: Alarm) -> bool:
        rule = self._rules.get(alarm.rule)
        return rule is not None and isinstance(rule.when, Silent)

    def _stands_open(self, alarm: Alarm) -> bool:
        rule = self._rules.get(alarm.rule)
        return (
            rule is not None
            and isinstance(rule.when, InState)
            and not STANDS_OPEN.isdisjoint(rule.when.states)
        )

    def _quiet(self, connection: sa.Connection) -> list[KeptQuiet]:
        return [
            KeptQuiet(
                kind=each.kind,
                rule=each.rule,
                title=_title(self._rules.get(each.rule), each.rule),
                until=each.until,
                who=each.who,
                reason=each.reason,
                work_order=each.work_order,
                since=each.since,
            )
            for each in records.open_suppressions(connection)
            if each.kind in BY_PEOPLE
        ]


def _title(rule: Rule | None, rule_id: str) -> Text:
    return Text(rule_id, rule_id) if rule is None else rule.title


def _open_tickets(connection: sa.Connection) -> list[OpenTicket]:
    return [
        _open_ticket(ticket)
        for ticket in tickets.list_tickets(connection, closed=False, limit=_ALL)
    ]


_ALL = 2**31 - 1


def _open_ticket(ticket: Ticket) -> OpenTicket:
    return OpenTicket(
        number=ticket.number,
        title=ticket.title,
        place=ticket.place,
        priority=ticket.priority,
        state=ticket.state,
        assignee=ticket.assignee,
        opened_at=ticket.opened_at,
    )


def _overdue(connection: sa.Connection, now: Micros) -> list[Overdue]:
    """What is not done and late; a clock stopped on hold (`left`) is not, unless it was before."""
    table = desk.ticket_clock
    running_late = table.c.left.is_(None) & (table.c.due_at <= now)
    query = (
        sa.select(table)
        .join(desk.ticket, desk.ticket.c.number == table.c.ticket)
        .where(table.c.met_at.is_(None), table.c.dropped_at.is_(None))
        .where(desk.ticket.c.closed_at.is_(None))
        .where(table.c.late_at.is_not(None) | running_late)
        .order_by(table.c.due_at, table.c.ticket, table.c.kind)
    )
    return [
        Overdue(row.ticket, ClockKind(row.kind), row.due_at) for row in connection.execute(query)
    ]


def _standing(alarm: Alarm) -> Standing:
    return Standing(alarm.device, alarm.title, alarm.place, alarm.raised_at)


def _notes(connection: sa.Connection, handover: int) -> list[Note]:
    table = desk.handover_note
    query = sa.select(table).where(table.c.handover == handover).order_by(table.c.id)
    return [Note(row.at, row.who, row.text) for row in connection.execute(query)]


def _counts(connection: sa.Connection, since: Micros, now: Micros) -> Counts:
    changes, ticket = alarms.alarm_change.c, desk.ticket.c

    def count(at: sa.ColumnElement[int], *also: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).where(at > since, at <= now, *also)
        return connection.execute(query).scalar_one()

    return Counts(
        alarms_raised=count(changes.at, changes.move == Move.RAISE),
        tickets_opened=count(ticket.opened_at),
        tickets_closed=count(ticket.closed_at),
    )
