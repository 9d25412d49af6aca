"""What keeps alarms quiet, and that nothing stays quiet: the lessons of other systems."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.alarms.suppression import by_design
from gateway.model.alarm import Attention, Suppressing, Suppression
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.rule import AlarmClass, Rule
from tests.gateway.alarms.estate import (
    BARRIER,
    LAMP,
    POWER,
    READER,
    RULES,
    SMOKE,
    Estate,
    state,
)
from tests.gateway.samples import NOON


def shelving(rule: Rule, since: Micros, span: Micros = HOUR) -> Suppression:
    return Suppression(0, Suppressing.SHELVED, rule.id, since, since + span, "li", "swapped")


def out_of_service(rule: Rule, since: Micros, span: Micros = DAY) -> Suppression:
    return Suppression(
        0,
        Suppressing.OUT_OF_SERVICE,
        rule.id,
        since,
        since + span,
        "li",
        "overhaul",
        work_order="WO-1",
        approved_by="wang",
    )


def test_an_alarm_without_parents_is_announced_at_once() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"))
    assert estate.presented()[POWER.id].announced
    assert estate.entries() == [(1, "opened")]


def test_an_alarm_with_parents_waits_for_theirs_and_is_then_announced() -> None:
    estate = Estate()
    estate.hear(state("barrier", "fault"))
    assert estate.presented() == {}
    waiting, _ = estate.suppressions()  # and the lamp is quiet while its parent is active
    assert (waiting.kind, waiting.until) == (Suppressing.SETTLING, NOON + 5 * SECOND)
    estate.wait(5 * SECOND)
    assert estate.presented()[BARRIER.id].attention is Attention.UNACK
    assert [each.rule for each in estate.suppressions()] == [LAMP.id]
    assert estate.entries() == [(1, "opened")]


def test_a_parent_that_comes_in_time_keeps_its_children_quiet() -> None:
    estate = Estate()
    estate.hear(state("barrier", "fault"), state("power", "fault", 5 * SECOND))
    estate.wait(10 * SECOND)
    assert estate.presented().keys() == {POWER.id}
    assert estate.entries() == [(1, "opened")]
    barrier = estate.alarm(BARRIER)
    assert barrier is not None
    assert (barrier.active, barrier.announced, barrier.attention) == (True, False, "normal")
    assert barrier.suppressed == (Suppressing.BY_DESIGN,)


def test_children_bring_no_burst_when_the_parent_returns() -> None:
    """Icinga 5208: only what still stands after the recovery is announced, then and there."""
    estate = Estate()
    estate.hear(state("power", "fault"), state("barrier", "fault"), state("reader", "fault"))
    estate.hear(state("power", "ok", MINUTE), state("barrier", "ok", MINUTE + 30 * SECOND))
    assert estate.presented().keys() == {POWER.id}
    estate.wait(29 * SECOND)
    assert READER.id not in estate.presented()
    estate.wait(SECOND)
    assert estate.presented().keys() == {POWER.id, READER.id}
    assert estate.alarm(BARRIER) is None
    assert [what for _, what in estate.entries()].count("opened") == 2


def test_a_parent_that_fails_again_during_recovery_keeps_its_children_quiet() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"), state("barrier", "fault"))
    estate.hear(state("power", "ok", MINUTE), state("power", "fault", MINUTE + SECOND))
    estate.wait(HOUR)
    assert estate.presented().keys() == {POWER.id}


def test_a_parents_fault_never_hides_fire() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"), state("smoke", "fault"))
    assert estate.presented()[SMOKE.id].announced
    assert all(each.rule != SMOKE.id for each in estate.suppressions())


def test_a_forgotten_shelving_ends_by_itself_and_the_alarm_is_announced() -> None:
    """Alertmanager 1639: a forgotten silence hides the real thing."""
    estate = Estate()
    estate.suppress(shelving(POWER, NOON))
    estate.hear(state("power", "fault", MINUTE))
    assert estate.presented() == {}
    assert estate.entries() == []
    estate.wait(HOUR)
    assert estate.presented()[POWER.id].attention is Attention.UNACK
    assert estate.entries() == [(1, "opened")]


def test_maintenance_that_ends_while_the_alarm_is_active_announces_it_at_once() -> None:
    """Kibana 215634."""
    estate = Estate()
    begun = estate.suppress(out_of_service(POWER, NOON))
    estate.hear(state("power", "fault", MINUTE))
    estate.end(begun)
    assert estate.presented()[POWER.id].attention is Attention.UNACK
    assert all(each.kind is Suppressing.BY_DESIGN for each in estate.suppressions())


def test_what_is_out_of_service_is_looked_at_again_on_its_review_date() -> None:
    estate = Estate()
    estate.suppress(out_of_service(POWER, NOON))
    estate.hear(state("power", "fault"))
    estate.wait(DAY)
    assert POWER.id in estate.presented()


def test_a_shelved_alarm_leaves_the_list_and_comes_back_under_its_ticket() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"))
    alarm = estate.acknowledge(estate.presented()[POWER.id])
    estate.suppress(shelving(POWER, NOON))
    assert estate.presented() == {}
    estate.wait(HOUR)
    back = estate.presented()[POWER.id]
    assert (back.attention, back.ticket, back.occurrences) == (Attention.UNACK, alarm.ticket, 1)
    assert [what for _, what in estate.entries()] == ["opened", "suppressed", "unsuppressed"]


def test_an_alarm_that_comes_and_goes_unannounced_ends_by_itself() -> None:
    estate = Estate()
    estate.suppress(shelving(POWER, NOON))
    estate.hear(state("power", "fault"), state("power", "ok", SECOND))
    estate.wait(2 * HOUR)
    assert (estate.presented(), estate.alarm(POWER), estate.entries()) == ({}, None, [])


def test_what_latches_and_comes_and_goes_while_shelved_is_announced_at_the_end() -> None:
    estate = Estate()
    estate.suppress(shelving(READER, NOON))
    estate.hear(state("reader", "fault"), state("reader", "ok", SECOND))
    assert (estate.presented(), estate.entries()) == ({}, [])
    estate.restart(RULES)
    estate.wait(HOUR)
    waiting = estate.presented()[READER.id]
    assert (waiting.attention, waiting.active, waiting.announced) == ("rtn_unack", False, True)
    assert estate.entries() == [(1, "opened")]
    estate.reset(estate.acknowledge(waiting))
    assert estate.alarm(READER) is None


def test_what_latched_and_comes_and_goes_again_while_shelved_asks_again() -> None:
    estate = Estate()
    estate.hear(state("reader", "fault"), state("reader", "ok", SECOND))
    estate.acknowledge(estate.presented()[READER.id])
    estate.suppress(shelving(READER, estate.now))
    estate.hear(state("reader", "fault", MINUTE), state("reader", "ok", 2 * MINUTE))
    estate.wait(HOUR)
    assert estate.presented()[READER.id].attention is Attention.RTN_UNACK
    assert estate.entries()[-1] == (1, "unsuppressed")


def test_what_latches_and_comes_and_goes_with_its_parent_is_no_news() -> None:
    """Icinga 5208: a lost supply makes its children latch, not burst."""
    estate = Estate()
    estate.hear(state("power", "fault"), state("reader", "fault"), state("reader", "ok", SECOND))
    estate.hear(state("power", "ok", SECOND))
    estate.wait(HOUR)
    assert READER.id not in estate.presented()


@pytest.mark.parametrize("keep_quiet", [shelving, out_of_service])
def test_a_parent_that_is_kept_quiet_by_a_person_hides_no_children(
    keep_quiet: Callable[[Rule, Micros], Suppression],
) -> None:
    estate = Estate()
    begun = estate.suppress(keep_quiet(POWER, NOON))
    estate.hear(state("power", "fault"), state("barrier", "fault"))
    estate.restart(RULES)
    estate.wait(BARRIER.settle)
    assert estate.presented().keys() == {BARRIER.id}
    estate.end(begun)
    assert estate.presented().keys() == {POWER.id}  # somebody is told of what it comes from


def test_a_parent_that_is_shelved_lets_its_children_be_heard_after_their_recovery() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"), state("barrier", "fault"))
    estate.suppress(shelving(POWER, NOON))
    estate.wait(BARRIER.recovery - SECOND)
    assert estate.presented() == {}
    estate.hear(state("power", "ok", BARRIER.recovery - SECOND))  # it is not put off by that
    estate.wait(SECOND)
    assert estate.presented().keys() == {BARRIER.id}


def test_a_ledger_in_which_a_shelved_parent_still_hides_its_children_is_put_right() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"), state("barrier", "fault"))
    estate.suppress(shelving(POWER, NOON))
    hidden = next(each for each in estate.suppressions() if each.rule == BARRIER.id)
    estate.suppress(replace(hidden, until=None))
    estate.end(hidden)
    estate.restart(RULES)
    assert BARRIER.id in estate.presented()


def test_an_alarm_seen_by_nobody_before_it_was_shelved_waits_for_a_person() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"))
    estate.suppress(shelving(POWER, NOON))
    estate.hear(state("power", "ok", SECOND), state("power", "fault", 2 * SECOND))
    estate.hear(state("power", "ok", 3 * SECOND))
    estate.wait(2 * HOUR)
    assert estate.presented()[POWER.id].attention is Attention.RTN_UNACK


def test_an_alarm_kept_quiet_twice_is_announced_when_the_last_reason_ends() -> None:
    estate = Estate()
    shelved = estate.suppress(shelving(BARRIER, NOON))
    estate.hear(state("power", "fault"), state("barrier", "fault"))
    estate.end(shelved)
    assert BARRIER.id not in estate.presented()
    estate.hear(state("power", "ok", HOUR))
    estate.wait(MINUTE)
    assert BARRIER.id in estate.presented()


@pytest.mark.promise("S10")
def test_a_restart_sends_nothing_that_is_suppressed_and_forgets_no_end() -> None:
    """Alertmanager 4064: restart or reload sends inhibited alarms."""
    estate = Estate()
    estate.suppress(shelving(LAMP, NOON))
    estate.hear(state("power", "fault"), state("barrier", "fault"), state("lamp", "fault"))
    before = estate.presented()
    estate.restart(RULES)
    assert estate.presented() == before
    estate.hear(state("power", "ok", SECOND), state("barrier", "ok", SECOND))
    estate.restart(RULES)
    estate.wait(HOUR)
    assert LAMP.id in estate.presented()


def test_a_restart_with_an_end_that_is_overdue_looks_at_the_alarm_again() -> None:
    estate = Estate()
    estate.suppress(shelving(POWER, NOON))
    estate.hear(state("power", "fault"))
    estate.now += DAY
    estate.restart(RULES)
    estate.wait(0)
    assert POWER.id in estate.presented()


def test_a_rule_that_leaves_the_site_file_ends_its_suppressions() -> None:
    estate = Estate()
    estate.suppress(shelving(LAMP, NOON))
    estate.hear(state("lamp", "fault"))
    estate.restart((POWER, BARRIER))
    assert estate.suppressions() == []
    assert estate.presented() == {}


def test_a_parent_that_leaves_the_site_file_lets_its_children_be_heard() -> None:
    estate = Estate()
    estate.hear(state("power", "fault"), state("barrier", "fault"))
    estate.restart((BARRIER, READER))
    assert estate.presented()[BARRIER.id].attention is Attention.UNACK


def test_what_latches_is_announced_though_it_is_gone_before_its_parents_could_have_come() -> None:
    estate = Estate((POWER, READER))
    estate.hear(state("reader", "fault"), state("reader", "ok", SECOND))
    estate.wait(MINUTE)
    assert estate.presented()[READER.id].attention is Attention.RTN_UNACK


def test_an_alarm_that_becomes_one_of_fire_waits_for_no_parent_any_more() -> None:
    slow = replace(BARRIER, settle=10 * MINUTE)
    estate = Estate((POWER, slow))
    estate.hear(state("barrier", "fault"))
    estate.restart((POWER, replace(slow, alarm_class=AlarmClass.FIRE, parents=())))
    assert estate.presented()[slow.id].attention is Attention.UNACK
    assert estate.suppressions() == []


def test_a_clock_that_was_days_ahead_keeps_nothing_quiet_for_days() -> None:
    ahead = 2 * DAY
    estate = Estate((POWER, BARRIER, READER))
    estate.hear(state("power", "fault", ahead), state("reader", "fault", ahead))
    estate.hear(state("power", "ok", ahead), state("barrier", "fault", ahead + HOUR))
    estate.suppress(shelving(POWER, estate.now))
    estate.hear(state("power", "fault", ahead + HOUR))
    estate.now = NOON
    for _ in range(2):
        estate.restart((POWER, BARRIER, READER))
    assert {each.until for each in estate.suppressions() if each.until} == {
        NOON + BARRIER.settle,
        NOON + HOUR,
    }
    estate.wait(HOUR)
    assert POWER.id in estate.presented()
    estate.hear(state("power", "ok", HOUR))
    estate.wait(BARRIER.recovery)
    assert {BARRIER.id, READER.id} <= estate.presented().keys()


def test_a_shelving_is_no_longer_than_its_rule_allows_since_the_site_file_changed() -> None:
    estate = Estate()
    estate.suppress(shelving(POWER, NOON))
    estate.hear(state("power", "fault"))
    estate.restart([replace(POWER, shelve_at_most=MINUTE), *RULES[1:]])
    estate.wait(MINUTE)
    assert POWER.id in estate.presented()


def test_a_child_that_is_new_in_the_site_file_is_quiet_under_a_parent_that_is_active() -> None:
    estate = Estate((POWER,))
    estate.hear(state("power", "fault"))
    estate.restart(RULES)
    estate.hear(state("barrier", "fault", SECOND))
    assert estate.presented().keys() == {POWER.id}


def test_no_data_is_no_recovery_and_says_so() -> None:
    """Nightingale 1761."""
    estate = Estate()
    estate.hear(state("power", "fault"), state("power", None, SECOND))
    alarm = estate.presented()[POWER.id]
    assert (alarm.active, alarm.quality) == (True, "offline")
    estate.hear(state("barrier", "fault", 2 * SECOND))
    assert BARRIER.id not in estate.presented()


def test_acknowledging_what_hides_another_does_not_acknowledge_that() -> None:
    """Phoebus 1928: acknowledging "disconnected" hides the alarm behind it."""
    estate = Estate()
    estate.hear(state("power", "fault"), state("barrier", "fault"))
    estate.acknowledge(estate.presented()[POWER.id])
    estate.hear(state("power", "ok", SECOND))
    estate.wait(MINUTE)
    assert estate.presented()[BARRIER.id].attention is Attention.UNACK


def test_an_acknowledged_alarm_that_still_stands_asks_again() -> None:
    estate = Estate()
    estate.hear(state("lamp", "fault"))
    estate.acknowledge(estate.presented()[LAMP.id])
    estate.wait(10 * MINUTE - 1)
    assert estate.presented()[LAMP.id].attention is Attention.ACKED
    estate.wait(1)
    assert estate.presented()[LAMP.id].attention is Attention.UNACK
    assert [what for _, what in estate.entries()] == ["opened", "realarmed"]


def test_an_acknowledged_alarm_that_is_over_does_not_ask_again() -> None:
    estate = Estate()
    estate.hear(state("lamp", "fault"))
    estate.acknowledge(estate.presented()[LAMP.id])
    estate.hear(state("lamp", "ok", MINUTE))
    estate.wait(HOUR)
    assert estate.presented() == {}


def test_a_late_end_is_that_of_the_present_not_of_the_past() -> None:
    """The clock is an argument (Phoebus): nothing in the logic sleeps or races."""
    estate = Estate()
    estate.suppress(by_design(BARRIER, POWER.id, NOON))
    estate.hear(state("barrier", "fault"))
    estate.restart(RULES)  # its parent is not active
    estate.wait(HOUR)
    assert estate.presented()[BARRIER.id].announced


def test_the_first_of_a_group_is_marked_and_stays_so_while_it_is_followed() -> None:
    pumps = [replace(rule, group="plant", parents=()) for rule in (POWER, BARRIER, LAMP)]
    estate = Estate(pumps)
    estate.hear(state("barrier", "fault"), state("power", "fault"), state("lamp", "fault", SECOND))
    first = {rule: alarm.first_out for rule, alarm in estate.presented().items()}
    assert first == {BARRIER.id: True, POWER.id: False, LAMP.id: False}
