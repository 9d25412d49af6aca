"""Alarms as the alarm service raises them, without a journal; a desk beside them."""

import sqlalchemy as sa

from gateway.alarms.book import AlarmBook
from gateway.alarms.conditions import Condition, State
from gateway.alarms.evaluation import Turn
from gateway.alarms.lifecycle import Move
from gateway.alarms.work import AlarmWork
from gateway.desk.desk import Desk
from gateway.desk.tickets import TicketBook
from gateway.feed import Feed
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import Clock, Micros
from gateway.model.reading import Reading
from gateway.model.rule import Rule
from gateway.model.text import Text
from gateway.site.model import Site
from tests.gateway.samples import LOW_WATER, NOON


def raise_alarm(
    connection: sa.Connection,
    rule: Rule = LOW_WATER,
    evidence: Reading | None = None,
    at: Micros = NOON,
    tickets: TicketBook | None = None,
) -> Alarm:
    """The rule's alarm, raised (again), with its ticket."""
    active = Condition(rule.id, State.ACTIVE, at, evidence=evidence)
    return _turn(connection, Turn(rule, Condition(rule.id), active, at), tickets)


def return_alarm(connection: sa.Connection, rule: Rule = LOW_WATER, at: Micros = NOON) -> Alarm:
    """The rule's alarm, back to normal."""
    active = Condition(rule.id, State.ACTIVE, at)
    return _turn(connection, Turn(rule, active, Condition(rule.id), at))


def acknowledge_alarm(
    connection: sa.Connection, alarm: Alarm, who: Actor, at: Micros = NOON
) -> Alarm:
    """By a person, whatever they have seen."""
    work = AlarmWork(connection)
    moved = book().move(work, alarm, Move.ACKNOWLEDGE, at=at, who=who)
    work.write()
    return moved


def turn_condition(
    connection: sa.Connection, alarms: AlarmBook, rule: Rule, at: Micros, *, active: bool
) -> None:
    """The rule's condition comes or goes, and with it the alarm as `alarms` keeps it."""
    states = (State.NORMAL, State.ACTIVE)
    before, after = states if active else reversed(states)
    work = AlarmWork(connection)
    alarms.turn(work, Turn(rule, Condition(rule.id, before), Condition(rule.id, after), at))
    work.write()


def book(*rules: Rule, tickets: TicketBook | None = None) -> AlarmBook:
    """One of these rules."""
    places = {rule.device: Text("Roof", "屋顶") for rule in rules}
    return AlarmBook(rules, places, (tickets or TicketBook()).announce)


def desk_of(
    here: Site,
    ledger: Ledger,
    clock: Clock = lambda: NOON,
    feed: Feed | None = None,
    tickets: TicketBook | None = None,
) -> Desk:
    """The desk of that site, with alarms of its own."""
    tickets = tickets or TicketBook()
    alarms = AlarmBook.of(here, tickets.announce)
    return Desk(here, ledger, feed or Feed(), clock, tickets, alarms)


def _turn(connection: sa.Connection, turn: Turn, tickets: TicketBook | None = None) -> Alarm:
    work = AlarmWork(connection)
    book(turn.rule, tickets=tickets).turn(work, turn)
    work.write()
    (alarm,) = (record for record in work.changed if isinstance(record, Alarm))
    return alarm
