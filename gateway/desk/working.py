"""What people's acts do in the ledger: each within one transaction, audited there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.book import AlarmBook
from gateway.alarms.lifecycle import Move
from gateway.alarms.work import AlarmWork
from gateway.desk import tickets
from gateway.desk.acts import done
from gateway.desk.callers import chosen
from gateway.desk.demands import (
    TO_ACKNOWLEDGE,
    check,
    check_call,
    check_reopening,
    check_step,
    check_target,
)
from gateway.desk.merging import take_in
from gateway.desk.states import MOVES
from gateway.desk.steps import ticked_off
from gateway.desk.tickets import TicketBook
from gateway.errors import Missing
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm, Attention
from gateway.model.clock import Clock, Micros, to_datetime
from gateway.model.text import Text
from gateway.model.ticket import UNACCEPTED, Act, Doing, Report, Source, Ticket
from gateway.security import audit
from gateway.site.model import Site

T = TypeVar("T")

Acted = tuple[T, list[Alarm | Ticket]]
"""What an act answers, and what it changed."""

_ALARM_MOVES = {
    Act.ACKNOWLEDGE: (Move.ACKNOWLEDGE, TO_ACKNOWLEDGE),
    Act.RESET: (Move.RESET, (Attention.LATCHED,)),
    Act.CLOSE: (Move.ACKNOWLEDGE, TO_ACKNOWLEDGE),
    Act.FALSE_ALARM: (Move.ACKNOWLEDGE, TO_ACKNOWLEDGE),
}
"""The acts on a ticket that also move its alarms: how, and those that stand so. Whoever ends a
ticket has seen them."""


class Working:
    """The desk's hand on the ledger."""

    def __init__(self, site: Site, book: TicketBook, alarms: AlarmBook, clock: Clock) -> None:
        self._book = book
        self._alarms = alarms
        self._clock = clock
        self._places = {device.id: device.place for device in site.devices}
        self._procedures = site.procedures

    def open(
        self,
        connection: sa.Connection,
        report: Report,
        who: Actor,
        source: Source,
        external: str | None,
    ) -> Acted[Ticket]:
        """A ticket of what was reported. Refused when the call lacks something, Missing when the
        site has no such device or procedure."""
        check_call("new ticket", report.call)
        place, at = self._place_of(report), self._clock()
        ticket = self._book.open(
            connection, report, place, at=at, who=who, source=source, external=external
        )
        after = _with_what_was_said(ticket, Doing(Act.REPORT, call=report.call))
        audit.record(connection, at, who, Act.REPORT, f"ticket {ticket.number}", after=after)
        return ticket, [ticket]

    def act(
        self, connection: sa.Connection, ticket: Ticket, doing: Doing, who: Actor
    ) -> Acted[Ticket]:
        """Do it to the ticket, its alarms, and where it is merged to the other one. Refused, and
        nothing changed, when it is impossible now or lacks something."""
        at = self._clock()
        moved = done(ticket, doing, at)
        alarms = records.list_alarms(connection, ticket=ticket.number)
        check(ticket, doing, alarms, at)
        self._check_around(connection, ticket, doing)
        changed = self._move_all(connection, alarms, doing, who, at)
        if doing.act is Act.MERGE and doing.into is not None:
            changed += take_in(connection, self._book, doing.into, ticket, alarms, who, at)
        if doing.act is Act.CALL_BACK:
            caller = chosen(ticket, doing.caller)
            doing = replace(doing, caller=caller.number, call=caller.call)
        entered = self._enter(connection, ticket, moved, doing, who, at)
        return entered, [*changed, entered]

    def move_alarm(
        self, connection: sa.Connection, alarm: Alarm, move: Move, who: Actor, reason: str
    ) -> Acted[Alarm]:
        """Acknowledge or reset that one alarm; its ticket, if new, is accepted with it. Else it
        says so too, for whoever was told that the alarm asks again."""
        at = self._clock()
        (moved,) = self._move(connection, [alarm], move, who, reason, at)
        audit.record(
            connection,
            at,
            who,
            move,
            f"alarm {alarm.id}",
            reason=reason,
            before=alarm.attention.value,
            after=moved.attention.value,
        )
        ticket = None if alarm.ticket is None else tickets.find(connection, alarm.ticket)
        if ticket is None:
            return moved, [moved]
        resets = move is Move.RESET and ticket.state not in UNACCEPTED
        doing = Doing(Act.RESET if resets else Act.ACKNOWLEDGE, reason)
        if (ticket.state, doing.act) not in MOVES:
            return moved, [moved]
        accepted = done(ticket, doing, at)
        return moved, [moved, self._enter(connection, ticket, accepted, doing, who, at)]

    def steps_of(self, ticket: Ticket) -> tuple[Text, ...]:
        """The steps of its procedure; none where the site file does not have it (any more)."""
        procedure = self._procedures.get(ticket.procedure or "")
        return () if procedure is None else procedure.steps

    def _check_around(self, connection: sa.Connection, ticket: Ticket, doing: Doing) -> None:
        """Refused where another ticket, or what was done before, stands in the way."""
        if doing.act is Act.MERGE and doing.into is not None:
            check_target(ticket, tickets.find(connection, doing.into))
        if doing.act is Act.REOPEN:
            check_reopening(ticket, tickets.open_ticket(connection, ticket.key))
        if doing.act is Act.STEP and doing.step is not None:
            ticked = ticked_off(tickets.entries(connection, ticket.number))
            check_step(ticket, doing.step, len(self.steps_of(ticket)), ticked)

    def _enter(
        self,
        connection: sa.Connection,
        before: Ticket,
        after: Ticket,
        doing: Doing,
        who: Actor,
        at: Micros,
    ) -> Ticket:
        entered = self._book.add_entry(
            connection, after, at=at, who=who, what=doing.act, text=doing.text, doing=doing
        )
        audit.record(
            connection,
            at,
            who,
            doing.act,
            f"ticket {before.number}",
            reason=doing.text,
            before=before.state.value,
            after=_with_what_was_said(after, doing),
        )
        return entered

    def _move_all(
        self,
        connection: sa.Connection,
        alarms: Sequence[Alarm],
        doing: Doing,
        who: Actor,
        at: Micros,
    ) -> list[Alarm | Ticket]:
        if doing.act not in _ALARM_MOVES:
            return []
        move, concerned = _ALARM_MOVES[doing.act]
        moving = [alarm for alarm in alarms if alarm.attention in concerned]
        return [*self._move(connection, moving, move, who, doing.text, at)]

    def _move(
        self,
        connection: sa.Connection,
        alarms: Sequence[Alarm],
        move: Move,
        who: Actor,
        reason: str,
        at: Micros,
    ) -> list[Alarm]:
        work = AlarmWork(connection)
        moved = [
            self._alarms.move(work, alarm, move, at=at, who=who, reason=reason) for alarm in alarms
        ]
        work.write()
        return moved

    def _place_of(self, report: Report) -> Text | None:
        """That of the device concerned."""
        if report.procedure is not None and report.procedure not in self._procedures:
            subject = f"procedure {report.procedure}"
            raise Missing(subject, "there is no such procedure", "look at the site file")
        if report.device and report.device not in self._places:
            subject = f"device {report.device}"
            raise Missing(subject, "there is no such device", "look at the list of devices")
        return self._places.get(report.device)


def _with_what_was_said(after: Ticket, doing: Doing) -> str:
    """Its state, and what went with the act but for the text: "dispatched; assignee zhang". The
    audit record's chain covers this; a ticket's history has none."""
    said = msgspec.to_builtins(replace(doing, text="", call=None))
    del said["act"]
    said |= {} if doing.call is None else msgspec.to_builtins(doing.call)
    if doing.until is not None:
        said["until"] = to_datetime(doing.until).isoformat()
    given = (f"{name} {value}" for name, value in said.items() if value not in ("", None))
    return "; ".join([after.state.value, *given])
