"""A gate whose power takes other things with it: rules with parents, classes and limits."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from gateway.alarms import records
from gateway.alarms.book import AlarmBook
from gateway.alarms.evaluation import Evaluation, Start
from gateway.alarms.lifecycle import Move
from gateway.alarms.steps import Step, take_steps
from gateway.alarms.work import AlarmWork
from gateway.desk.tickets import TicketBook
from gateway.ledger.tables import desk, metadata
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm, Suppression
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import TICK, Quality, Reading
from gateway.model.rule import AlarmClass, InState, Rule
from gateway.model.text import Text
from tests.gateway.samples import NOON, rule

T = TypeVar("T")

LI = Actor("li", "operator", "desk-1")


def _fault(device: str, **changes: object) -> Rule:
    return rule(f"{device}/fault", InState(f"{device}/state", frozenset({"fault"})), **changes)


POWER = _fault("power", alarm_class=AlarmClass.EQUIPMENT, shelve_at_most=2 * HOUR)
BARRIER = _fault("barrier", parents=(POWER.id,), settle=5 * SECOND, recovery=MINUTE)
READER = _fault("reader", parents=(POWER.id,), latching=True)
LAMP = _fault("lamp", parents=(BARRIER.id,), settle=0, recovery=0, realarm_after=10 * MINUTE)
SMOKE = _fault("smoke", parents=(POWER.id,), alarm_class=AlarmClass.FIRE)
RULES = (POWER, BARRIER, READER, LAMP, SMOKE)


def state(device: str, word: str | None, after: Micros = 0) -> Reading:
    quality = Quality.OFFLINE if word is None else Quality.GOOD
    return Reading(f"{device}/state", word, NOON + after, NOON + after, quality)


class Estate:
    """The alarm service over a real ledger in memory, one transaction at a time."""

    def __init__(self, rules: Sequence[Rule] = RULES) -> None:
        self.engine = sa.create_engine("sqlite://", poolclass=StaticPool)
        metadata.create_all(self.engine)
        self.now, self.seq = NOON, 0
        self.restart(rules)

    def restart(self, rules: Sequence[Rule]) -> None:
        """With the site file as it is now."""
        places = {each.device: Text(each.device, each.device) for each in rules}
        self.book = AlarmBook(rules, places, TicketBook().announce)
        with self.engine.begin() as connection:
            records.forget_conditions(connection, self.book.rules)
            conditions = records.load_conditions(connection)
            active = {id_ for id_, condition in conditions.items() if condition.active}
            work = AlarmWork(connection)
            self.book.take_over(work, active, self.now)
            work.write()
        self.evaluation = Evaluation(rules, conditions, Start(self.now, self.seq))

    def hear(self, *readings: Reading) -> None:
        """In one batch."""
        steps = []
        for reading in readings:
            self.seq += 1
            self.now = max(self.now, reading.received_at)
            turns = self.evaluation.take(replace(reading, seq=self.seq))
            steps.append(Step(self.now, tuple(turns)))
        with self.engine.begin() as connection:
            take_steps(connection, self.book, self.book.run_outs(), steps)

    def wait(self, span: Micros) -> None:
        """And nothing is heard but a tick at the end."""
        at = self.now + span
        self.hear(Reading(TICK, 0.0, at, at))

    def suppress(self, suppression: Suppression) -> Suppression:
        return self._act(lambda work: self.book.suppress(work, suppression, LI))

    def end(self, suppression: Suppression) -> None:
        self._act(lambda work: self.book.end(work, suppression, at=self.now, who=LI))

    def acknowledge(self, alarm: Alarm) -> Alarm:
        return self._act(
            lambda work: self.book.move(work, alarm, Move.ACKNOWLEDGE, at=self.now, who=LI)
        )

    def reset(self, alarm: Alarm) -> Alarm:
        return self._act(lambda work: self.book.move(work, alarm, Move.RESET, at=self.now, who=LI))

    def presented(self) -> dict[str, Alarm]:
        """The operator's list, by rule."""
        return {alarm.rule: alarm for alarm in self.read(records.list_alarms)}

    def suppressions(self) -> list[Suppression]:
        return self.read(records.open_suppressions)

    def alarm(self, rule: Rule) -> Alarm | None:
        """Its open alarm, suppressed or not."""
        found = self.read(lambda connection: records.open_alarms(connection, [rule.id]))
        return found[0] if found else None

    def entries(self) -> list[tuple[int, str]]:
        """All lines of all tickets: the ticket, what."""
        table = desk.ticket_entry.c
        query = sa.select(table.ticket, table.what).order_by(table.at, table.ticket, table.version)
        return self.read(lambda c: [(row.ticket, row.what) for row in c.execute(query)])

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        with self.engine.begin() as connection:
            return work(connection)

    def _act(self, act: Callable[[AlarmWork], T]) -> T:
        with self.engine.begin() as connection:
            work = AlarmWork(connection)
            done = act(work)
            work.write()
            return done


def dump(connection: sa.Connection, but: Collection[str] = ()) -> list[str]:
    """Every row of the ledger, but for these tables."""
    return [
        f"{table.name} {tuple(row)}"
        for table in metadata.sorted_tables
        if table.name not in but
        for row in connection.execute(sa.select(table).order_by(*table.primary_key))
    ]
