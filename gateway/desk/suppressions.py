"""What people keep from the operator, and everything that is quiet now, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from gateway.alarms import records, suppression
from gateway.alarms.book import AlarmBook
from gateway.alarms.lifecycle import check_seen
from gateway.alarms.suppression import OutOfService, Shelving
from gateway.alarms.work import AlarmWork
from gateway.errors import Missing, Refused
from gateway.feed import Feed
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm, Suppressing, Suppression
from gateway.model.clock import HOUR, Clock, Micros
from gateway.model.rule import Rule
from gateway.model.ticket import Ticket
from gateway.security import users
from gateway.security.audit import record
from gateway.security.roles import RIGHTS, Right

LONGEST_SHIFT: Micros = 8 * HOUR

BEGUN: Final = {Suppressing.SHELVED: "shelved", Suppressing.OUT_OF_SERVICE: "out of service"}
ENDED: Final = {Suppressing.SHELVED: "unshelved", Suppressing.OUT_OF_SERVICE: "back in service"}
"""What the audit record says."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """One reason why a rule is quiet. `rule` is None where the site file has it no more, `alarm`
    where none is open: nothing has come meanwhile."""

    suppression: Suppression
    rule: Rule | None
    alarm: Alarm | None


class Suppressions:
    """One per gateway. Every act is one ledger transaction, with its line in the audit record;
    `wake` is called then: a timer may have been started. `shift_end` says when the shift that runs
    at an instant ends."""

    def __init__(
        self,
        book: AlarmBook,
        ledger: Ledger,
        feed: Feed,
        clock: Clock,
        wake: Callable[[], None],
        shift_end: Callable[[Micros], Micros] = lambda at: at + LONGEST_SHIFT,
    ) -> None:
        self._book = book
        self._ledger = ledger
        self._feed = feed
        self._clock = clock
        self._wake = wake
        self._shift_end = shift_end

    async def quiet(self) -> list[Quiet]:
        """Everything that is quiet now, in the order it began."""

        def look(connection: sa.Connection) -> list[Quiet]:
            standing = records.open_suppressions(connection)
            rules = sorted({each.rule for each in standing})
            alarms = {alarm.rule: alarm for alarm in records.open_alarms(connection, rules)}
            return [
                Quiet(each, self._book.rules.get(each.rule), alarms.get(each.rule))
                for each in standing
            ]

        return await self._ledger.transact(look)

    async def shelve(self, asked: Shelving, *, who: Actor) -> Suppression:
        """Keep the rule's alarms quiet for a while. Missing or Refused as suppression.shelve says,
        or when it is shelved already."""

        return await self._shelve(lambda _: asked, who)

    async def shelve_alarm(
        self, alarm: int, *, occurrence: int, sequence: int, until: Micros, reason: str, who: Actor
    ) -> Suppression:
        """Shelve the rule of an alarm as seen then; Refused when it has moved on since."""

        def look(connection: sa.Connection) -> Shelving:
            seen = records.find(connection, alarm)
            check_seen(seen, occurrence=occurrence, sequence=sequence)
            return Shelving(seen.rule, until, reason)

        return await self._shelve(look, who)

    async def out_of_service(self, asked: OutOfService, *, who: Actor) -> Suppression:
        """Take the rule out of service. Missing or Refused as suppression.put_out_of_service says,
        or when it is out of service already."""

        def decide(connection: sa.Connection, at: Micros) -> Suppression:
            may = _may_approve(connection, asked.approved_by)
            rule = self._rule(asked.rule)
            return suppression.put_out_of_service(rule, asked, who, at=at, may_approve=may)

        return await self._begin(decide, who)

    async def unshelve(self, number: int, *, who: Actor, reason: str = "") -> Suppression:
        """End a shelving now; the alarm is looked at again at once. Missing, or Refused when it is
        over or no shelving."""
        return await self._end(number, Suppressing.SHELVED, who, reason)

    async def back_in_service(self, number: int, *, who: Actor, reason: str = "") -> Suppression:
        """Put it back in service now; the alarm is looked at again at once. Missing or Refused
        likewise."""
        return await self._end(number, Suppressing.OUT_OF_SERVICE, who, reason)

    def _rule(self, id_: str) -> Rule:
        rule = self._book.rules.get(id_)
        if rule is None:
            raise Missing(f"rule {id_}", "there is no such rule", "look at the site file")
        return rule

    async def _shelve(self, look: Callable[[sa.Connection], Shelving], who: Actor) -> Suppression:
        def decide(connection: sa.Connection, at: Micros) -> Suppression:
            asked, end = look(connection), self._shift_end(at)
            return suppression.shelve(self._rule(asked.rule), asked, who, at=at, shift_end=end)

        return await self._begin(decide, who)

    async def _begin(
        self, decide: Callable[[sa.Connection, Micros], Suppression], who: Actor
    ) -> Suppression:
        def act(work: AlarmWork, at: Micros) -> Suppression:
            decided = decide(work.connection, at)
            for standing in work.suppressions(decided.rule):
                if standing.kind is decided.kind:
                    problem = f"is {BEGUN[decided.kind]} already"
                    raise Refused(f"rule {decided.rule}", problem, "end that first")
            begun = self._book.suppress(work, decided, who)
            terms = f"until {begun.until}, work order {begun.work_order or 'none'}"
            record(
                work.connection,
                at,
                who,
                BEGUN[begun.kind],
                f"rule {begun.rule}",
                reason=begun.reason,
                after=f"{terms}, approved by {begun.approved_by or 'nobody'}",
            )
            return begun

        return await self._perform(act)

    async def _end(self, number: int, kind: Suppressing, who: Actor, reason: str) -> Suppression:
        def act(work: AlarmWork, at: Micros) -> Suppression:
            standing = records.find_suppression(work.connection, number)
            subject = f"suppression {number}"
            if standing.kind is not kind:
                raise Refused(subject, f"is not {BEGUN[kind]}", "look at what is suppressed")
            if standing.ended_at is not None:
                raise Refused(subject, "is over already", "look at what is suppressed")
            ended = self._book.end(work, standing, at=at, who=who, reason=reason or ENDED[kind])
            rule, before = f"rule {standing.rule}", f"until {standing.until}"
            record(work.connection, at, who, ENDED[kind], rule, reason=reason, before=before)
            return ended

        return await self._perform(act)

    async def _perform(self, act: Callable[[AlarmWork, Micros], Suppression]) -> Suppression:
        def transaction(connection: sa.Connection) -> tuple[Suppression, list[Alarm | Ticket]]:
            work = AlarmWork(connection)
            done = act(work, self._clock())
            work.write()
            return done, work.changed

        done, changed = await self._ledger.transact(transaction)
        self._wake()
        self._feed.publish(changed)
        return done


def _may_approve(connection: sa.Connection, name: str) -> bool:
    try:
        user = users.get(connection, name)
    except Missing:
        return False
    return not user.disabled and Right.OUT_OF_SERVICE in RIGHTS[user.role]
