"""The one place where an alarm changes: by its condition, by people, by what keeps it quiet.

Whatever ends a suppression, the alarm is looked at again in the same transaction: if its condition
still holds and nothing else keeps it quiet, it is announced there and then.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Self

import sqlalchemy as sa

from gateway import diagnostics, flooding
from gateway.alarms import records
from gateway.alarms.announce import Announce
from gateway.alarms.conditions import Condition
from gateway.alarms.evaluation import Turn
from gateway.alarms.kin import Kin
from gateway.alarms.lifecycle import Move, after
from gateway.alarms.suppression import (
    by_design,
    hides_children,
    kinds,
    latches_untold,
    outlived,
    settling,
    shortened,
)
from gateway.alarms.work import AlarmWork
from gateway.ledger.timers import RunOut, Timer, TimerKind
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm, Attention, Suppression
from gateway.model.clock import Micros, to_datetime
from gateway.model.reading import Quality
from gateway.model.rule import Rule
from gateway.model.text import Text
from gateway.model.ticket import Ticket
from gateway.site.model import Site

NOWHERE = Text("", "")


class AlarmBook:
    """One per gateway. `places` are those of the devices; times in tickets are told in `zone`."""

    def __init__(
        self,
        rules: Iterable[Rule],
        places: Mapping[str, Text],
        announce: Announce,
        zone: tzinfo = UTC,
    ) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._places = places
        self._announce = announce
        self._zone = zone
        self._kin = Kin(self._rules.values())

    @classmethod
    def of(
        cls,
        site: Site,
        announce: Announce,
        histories: Sequence[str] = (),
        receivers: Sequence[str] = (),
    ) -> Self:
        """That of a site, with the gateway's own rules."""
        places = {device.id: device.place for device in site.devices}
        places[diagnostics.DEVICE] = diagnostics.PLACE
        own = diagnostics.rules(tuple(histories), tuple(receivers), site.brokers)
        rules = (*site.rules, *own, *flooding.rules(site.devices))
        return cls(rules, places, announce, site.time_zone)

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule of the site, by its id."""
        return self._rules

    def run_outs(self) -> dict[TimerKind, RunOut]:
        """What the timers of alarms do."""
        return {TimerKind.SUPPRESSION: self._let_end, TimerKind.REALARM: self._realarm}

    def concerned(self, turns: Iterable[Turn]) -> set[str]:
        """The rules whose alarms or suppressions the turns may touch."""
        return {rule for turn in turns for rule in self._kin.ids(turn.rule)}

    def turn(self, work: AlarmWork, turn: Turn) -> None:
        """A condition has come, has gone, or is better or worse known."""
        if turn.raised or turn.repeated:
            self._raise(work, turn.rule, turn.after, turn.at)
            self._quiet_children(work, turn.rule.id, turn.at)
        elif turn.returned:
            self._return(work, work.alarm(turn.rule.id), turn.at)
            self._kin.release(work, turn.rule.id, turn.at)
        elif turn.requalified and (alarm := work.alarm(turn.rule.id)) is not None:
            quality = turn.after.quality
            known = replace(alarm, quality=quality)
            self._change(work, alarm, known, Move.QUALITY, turn.at, reason=quality)

    def move(
        self,
        work: AlarmWork,
        alarm: Alarm,
        move: Move,
        *,
        at: Micros,
        who: Actor = GATEWAY,
        reason: str = "",
    ) -> Alarm:
        """A person acknowledges or resets it; Refused when that cannot be done now."""
        moved = replace(alarm, attention=self._after(alarm, move))
        return self._change(work, alarm, moved, move, at, who, reason)

    def suppress(
        self, work: AlarmWork, suppression: Suppression, who: Actor = GATEWAY
    ) -> Suppression:
        """Keep the rule's alarm quiet from now on; if it is on the operator's list, take it off. By
        a person, it hides its children no more."""
        begun = work.begin(suppression)
        if not hides_children(work.suppressions(begun.rule)):
            self._kin.release(work, begun.rule, begun.since)
        alarm = work.alarm(begun.rule)
        if alarm is None or begun.kind in alarm.suppressed:
            return begun
        quiet = replace(alarm, suppressed=kinds(work.suppressions(begun.rule)))
        reason = f"{begun.kind}: {self._told(begun)}"
        quiet = self._change(work, alarm, quiet, Move.SUPPRESS, begun.since, who, reason)
        if alarm.presented and alarm.ticket is not None:
            self._on_ticket(work, quiet, Move.SUPPRESS, begun.since, who, reason)
        return begun

    def end(
        self,
        work: AlarmWork,
        suppression: Suppression,
        *,
        at: Micros,
        who: Actor = GATEWAY,
        reason: str = "over",
    ) -> Suppression:
        """It no longer keeps the rule's alarm quiet. If nothing else does and the condition still
        holds, the alarm is announced at once, and so is one that has gone meanwhile and waits for
        a person. Nor does it keep the rule from hiding its children any more."""
        ended = work.end(suppression, at=at, who=who)
        alarm = work.alarm(suppression.rule)
        left = kinds(work.suppressions(suppression.rule))
        if alarm is None or left == alarm.suppressed:
            return ended
        loud = replace(alarm, suppressed=left)
        told = f"{suppression.kind}: {reason}"
        if left or not (alarm.active or alarm.waits_untold):
            self._change(work, alarm, loud, Move.UNSUPPRESS, at, who, told)
        else:
            self._announced(work, alarm, loud, Move.UNSUPPRESS, at, who, told)
        if alarm.active:
            self._quiet_children(work, alarm.rule, at)
        return ended

    def take_over(self, work: AlarmWork, active: Collection[str], at: Micros) -> None:
        """At the start, when rules may have changed since: alarms of rules that are gone return to
        normal with that reason, and wait for a person like any other; suppressions that no longer
        have a ground end, and none lasts longer than its rule allows; children of the rules in
        `active` are quiet."""
        for alarm in records.active_alarms(work.connection):
            if alarm.rule not in self._rules:
                current = work.alarm(alarm.rule)
                self._return(work, current, at, "its rule is no longer in the site file")
        for suppression in records.open_suppressions(work.connection):
            parent = suppression.parent or ""
            hidden = parent in active and hides_children(work.suppressions(parent))
            self._review(work, suppression, hidden, at)
        for parent in sorted(active):
            self._quiet_children(work, parent, at)

    def _review(self, work: AlarmWork, suppression: Suppression, hidden: bool, at: Micros) -> None:
        reason = outlived(suppression, self._rules, hidden=hidden)
        if reason is not None:
            self.end(work, suppression, at=at, reason=reason)
            return
        brief = shortened(suppression, self._rules[suppression.rule], at)
        if brief != suppression:
            work.prolong(brief, brief.until)

    def _raise(self, work: AlarmWork, rule: Rule, condition: Condition, at: Micros) -> None:
        alarm = work.alarm(rule.id) or self._new(work, rule, at)
        wait = None if alarm.active else settling(rule, at)
        if wait is not None and not work.suppressions(rule.id):
            work.begin(wait)
        suppressed = kinds(work.suppressions(rule.id))
        raised = replace(
            alarm,
            active=True,
            occurrences=alarm.occurrences + 1,
            raised_at=at,
            returned_at=None,
            evidence=condition.evidence,
            quality=condition.quality,
            suppressed=suppressed,
            first_out=self._kin.is_first_out(work, rule),
        )
        if not suppressed:
            self._announced(work, alarm, raised, Move.RAISE, at)
            return
        reason = f"not announced: {', '.join(suppressed)}"
        self._change(work, alarm, replace(raised, announced=False), Move.RAISE, at, reason=reason)

    def _return(self, work: AlarmWork, alarm: Alarm | None, at: Micros, reason: str = "") -> None:
        if alarm is None or not alarm.active:
            return
        latches = self._latching(alarm) and latches_untold(alarm)
        returned = replace(
            alarm,
            active=False,
            attention=Attention.RTN_UNACK if latches else self._after(alarm, Move.RETURN),
            returned_at=at,
            quality=Quality.GOOD,
        )
        wait = work.settling(alarm.rule)
        if wait is not None:
            work.end(wait, at=at)
            returned = replace(returned, suppressed=kinds(work.suppressions(alarm.rule)))
        returned = self._change(work, alarm, returned, Move.RETURN, at, reason=reason)
        if alarm.announced:
            self._on_ticket(work, returned, Move.RETURN, at)

    def _announced(
        self,
        work: AlarmWork,
        before: Alarm,
        alarm: Alarm,
        move: Move,
        at: Micros,
        who: Actor = GATEWAY,
        reason: str = "",
    ) -> None:
        attention = self._after(alarm, Move.RAISE) if alarm.active else Attention.RTN_UNACK
        loud = replace(alarm, attention=attention, announced=True)
        told = self._change(work, before, loud, move, at, who, reason, told=True)
        self._on_ticket(work, told, move, at, who)

    def _on_ticket(
        self,
        work: AlarmWork,
        alarm: Alarm,
        move: Move,
        at: Micros,
        who: Actor = GATEWAY,
        text: str = "",
    ) -> None:
        rule = self._rules.get(alarm.rule)
        ticket = self._announce(work.connection, rule, alarm, move, at, who=who, text=text)
        if alarm.ticket != ticket.number:
            work.put(replace(alarm, ticket=ticket.number))
        work.tell(ticket)

    def _change(
        self,
        work: AlarmWork,
        before: Alarm,
        alarm: Alarm,
        move: Move,
        at: Micros,
        who: Actor = GATEWAY,
        reason: str = "",
        *,
        told: bool = False,
    ) -> Alarm:
        changed = work.change(
            before.attention, alarm, move, at=at, who=who, reason=reason, told=told
        )
        rule = self._rules.get(alarm.rule)
        if rule is not None and rule.realarm_after is not None:
            if changed.attention is not Attention.ACKED:
                work.set_timer(TimerKind.REALARM, rule.id, None)
            elif move is Move.ACKNOWLEDGE:
                work.set_timer(TimerKind.REALARM, rule.id, at + rule.realarm_after)
        return changed

    def _after(self, alarm: Alarm, move: Move) -> Attention:
        subject = f"alarm {alarm.id}"
        return after(alarm.attention, move, latching=self._latching(alarm), subject=subject)

    def _latching(self, alarm: Alarm) -> bool:
        rule = self._rules.get(alarm.rule)
        return rule is not None and rule.latching

    def _quiet_children(self, work: AlarmWork, parent: str, at: Micros) -> None:
        if hides_children(work.suppressions(parent)):
            for child in self._kin.to_quiet(work, parent):
                self.suppress(work, by_design(child, parent, at))

    def _let_end(
        self, connection: sa.Connection, timer: Timer, now: Micros
    ) -> Sequence[Alarm | Ticket]:
        work = AlarmWork(connection)
        suppression = records.find_suppression(connection, int(timer.subject))
        if suppression.ended_at is None:
            self.end(work, suppression, at=now)
        work.write()
        return work.changed

    def _realarm(
        self, connection: sa.Connection, timer: Timer, now: Micros
    ) -> Sequence[Alarm | Ticket]:
        work = AlarmWork(connection)
        alarm = work.alarm(timer.subject)
        stands = alarm is not None and alarm.active and alarm.attention is Attention.ACKED
        if alarm is not None and stands and not alarm.suppressed:
            loud = replace(alarm, attention=self._after(alarm, Move.REALARM))
            reason = "acknowledged, and still active"
            loud = self._change(work, alarm, loud, Move.REALARM, now, reason=reason, told=True)
            self._on_ticket(work, loud, Move.REALARM, now)
        work.write()
        return work.changed

    def _new(self, work: AlarmWork, rule: Rule, at: Micros) -> Alarm:
        return Alarm(
            id=work.new_alarm_id(),
            rule=rule.id,
            device=rule.device,
            title=rule.title,
            place=self._places.get(rule.device, NOWHERE),
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

    def _told(self, suppression: Suppression) -> str:
        """Until when, and why."""
        if suppression.until is None:
            return suppression.reason
        until = to_datetime(suppression.until).astimezone(self._zone)
        return f"→ {until:%Y-%m-%d %H:%M} · {suppression.reason}"
