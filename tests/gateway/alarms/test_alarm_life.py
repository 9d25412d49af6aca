"""Whatever happens to alarms, in whatever order, some things always hold."""

from dataclasses import replace

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.alarms.suppression import hides_children, kinds
from gateway.ledger.tables import alarms, progress
from gateway.model.alarm import Attention, Suppressing, Suppression
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.rule import AlarmClass, Rule
from tests.gateway.alarms.estate import BARRIER, LAMP, POWER, READER, RULES, SMOKE, Estate, state
from tests.gateway.samples import NOON

SHELVABLE = st.sampled_from([POWER, BARRIER, READER, LAMP])
DEVICES = st.sampled_from(["power", "barrier", "reader", "lamp", "smoke"])
WORDS = st.sampled_from(["fault", "fault", "ok", None])
SPANS = st.sampled_from([0, SECOND, 4 * SECOND, 5 * SECOND, MINUTE, 11 * MINUTE, 2 * HOUR])
LONGEST = {
    Suppressing.SETTLING: max(each.settle for each in RULES),
    Suppressing.BY_DESIGN: max(each.recovery for each in RULES),
    Suppressing.SHELVED: HOUR,
    Suppressing.OUT_OF_SERVICE: DAY,
}
BY_PERSONS = (Suppressing.SHELVED, Suppressing.OUT_OF_SERVICE)


class AlarmLife(RuleBasedStateMachine):
    """People, plant and restarts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.estate = Estate()

    @rule(device=DEVICES, word=WORDS, after=SPANS)
    def hear(self, device: str, word: str | None, after: Micros) -> None:
        self.estate.hear(state(device, word, self.estate.now - NOON + after))

    @rule(heard=st.lists(st.tuples(DEVICES, WORDS, SPANS), min_size=2, max_size=6))
    def hear_in_one_batch(self, heard: list[tuple[str, str | None, Micros]]) -> None:
        at, batch = self.estate.now - NOON, []
        for device, word, after in heard:
            at += after
            batch.append(state(device, word, at))
        self.estate.hear(*batch)

    @rule(span=SPANS)
    def wait(self, span: Micros) -> None:
        self.estate.wait(span)

    @rule(of=SHELVABLE, span=st.sampled_from([SECOND, HOUR]))
    def shelve(self, of: Rule, span: Micros) -> None:
        self._begin(Suppressing.SHELVED, of, span)

    @rule(of=SHELVABLE)
    def take_out_of_service(self, of: Rule) -> None:
        self._begin(Suppressing.OUT_OF_SERVICE, of, DAY)

    @precondition(lambda self: self._by_persons())
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        self.estate.end(data.draw(st.sampled_from(self._by_persons())))
        self._wake()

    @rule(data=st.data())
    def acknowledge_or_reset(self, data: st.DataObject) -> None:
        presented = list(self.estate.presented().values())
        alarm = data.draw(st.sampled_from(presented)) if presented else None
        if alarm is not None and alarm.attention in (Attention.UNACK, Attention.RTN_UNACK):
            self.estate.acknowledge(alarm)
        elif alarm is not None and alarm.attention is Attention.LATCHED:
            self.estate.reset(alarm)

    @rule(kept=st.sets(st.sampled_from([BARRIER, READER, LAMP, SMOKE])))
    def restart(self, kept: set[Rule]) -> None:
        self.estate.restart([each for each in RULES if each is POWER or each in kept])
        self.estate.restart(RULES)

    @rule(
        changed=st.sampled_from([BARRIER, READER, LAMP]),
        into=st.sampled_from(
            [
                {"alarm_class": AlarmClass.FIRE, "parents": ()},
                {"parents": ()},
                {"parents": (POWER.id,), "latching": True},
                {"shelve_at_most": SECOND, "settle": 0, "recovery": 0},
            ]
        ),
    )
    def change_a_rule_and_back(self, changed: Rule, into: dict[str, object]) -> None:
        now = replace(changed, **into)  # type: ignore[arg-type]  # of its own fields
        self.estate.restart([now if each is changed else each for each in RULES])
        self.estate.wait(0)
        kept = {each.kind for each in self.estate.suppressions() if each.rule == now.id}
        if now.alarm_class is AlarmClass.FIRE:
            assert kept <= {Suppressing.OUT_OF_SERVICE}
        self.estate.restart(RULES)

    @rule(back=st.sampled_from([HOUR, 3 * DAY]))
    def set_the_clock_back_and_restart(self, back: Micros) -> None:
        self.estate.now = max(NOON, self.estate.now - back)
        self.estate.restart(RULES)
        self.estate.wait(0)

    @invariant()
    def an_active_alarm_that_is_heard_asks_for_attention_or_was_given_it(self) -> None:
        for each in RULES:
            alarm = self.estate.alarm(each)
            if alarm is not None and alarm.active and not alarm.suppressed:
                assert alarm.attention in (Attention.UNACK, Attention.ACKED), alarm

    @invariant()
    def nothing_is_quiet_for_longer_than_it_may_be(self) -> None:
        for each in self.estate.suppressions():
            if each.until is not None:
                assert each.until - self.estate.now <= LONGEST[each.kind], each

    @invariant()
    def no_active_alarm_is_both_unannounced_and_unsuppressed(self) -> None:
        for each in RULES:
            alarm = self.estate.alarm(each)
            if alarm is not None and alarm.active:
                assert alarm.announced or alarm.suppressed, alarm
            if alarm is not None and alarm.presented:
                assert alarm.ticket is not None, alarm

    @invariant()
    def every_suppression_has_an_end_a_parent_or_a_work_order(self) -> None:
        timers = self.estate.read(
            lambda c: {row.subject: row.due_at for row in c.execute(sa.select(progress.timer))}
        )
        for each in self.estate.suppressions():
            if each.until is None:
                assert each.kind is Suppressing.BY_DESIGN
                parent = next(rule for rule in RULES if rule.id == each.parent)
                standing = self.estate.alarm(parent)
                assert standing is not None
                assert standing.active
                assert hides_children(s for s in self.estate.suppressions() if s.rule == parent.id)
            else:
                assert timers[str(each.id)] == each.until > self.estate.now
            if each.kind is Suppressing.OUT_OF_SERVICE:
                assert each.work_order
                assert each.approved_by

    @invariant()
    def an_alarm_says_what_suppresses_it(self) -> None:
        standing = self.estate.suppressions()
        for each in RULES:
            alarm = self.estate.alarm(each)
            if alarm is not None:
                assert alarm.suppressed == kinds(s for s in standing if s.rule == each.id)

    @invariant()
    def a_parents_fault_never_hides_fire(self) -> None:
        assert all(each.rule != SMOKE.id for each in self.estate.suppressions())

    @invariant()
    def the_changes_of_an_alarm_explain_it(self) -> None:
        change = alarms.alarm_change
        rows = self.estate.read(
            lambda c: c.execute(sa.select(change).order_by(change.c.alarm, change.c.sequence)).all()
        )
        of_alarm: dict[int, list[str]] = {}
        for row in rows:
            told = of_alarm.setdefault(row.alarm, [Attention.NORMAL.value])
            assert (row.sequence, row.before) == (len(told), told[-1])
            told.append(row.after)
        for each in RULES:
            alarm = self.estate.alarm(each)
            if alarm is not None:
                assert of_alarm[alarm.id][-1] == alarm.attention

    def _by_persons(self) -> list[Suppression]:
        return [each for each in self.estate.suppressions() if each.kind in BY_PERSONS]

    def _begin(self, kind: Suppressing, of: Rule, span: Micros) -> None:
        if any(each.kind is kind and each.rule == of.id for each in self._by_persons()):
            return
        now = self.estate.now
        work_order = "WO-1" if kind is Suppressing.OUT_OF_SERVICE else None
        second = "wang" if work_order else None
        begun = Suppression(
            0, kind, of.id, now, now + span, "li", "", work_order=work_order, approved_by=second
        )
        self.estate.suppress(begun)
        self._wake()

    def _wake(self) -> None:
        """The service looks at its timers after each act of a person: one may be due at once."""
        self.estate.wait(0)


AlarmLife.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAlarmLife = AlarmLife.TestCase
