"""What may keep an alarm quiet, and for how long."""

from dataclasses import replace

import pytest

from gateway.alarms.suppression import (
    LONGEST_OUT_OF_SERVICE,
    OutOfService,
    Shelving,
    by_design,
    outlived,
    parents_of,
    put_out_of_service,
    settling,
    shelve,
)
from gateway.errors import Refused
from gateway.model.actor import Actor
from gateway.model.alarm import Suppressing, Suppression
from gateway.model.clock import DAY, HOUR, MINUTE, Micros
from gateway.model.rule import AlarmClass, Happened, Rule
from tests.gateway.alarms.estate import BARRIER, POWER, SMOKE
from tests.gateway.samples import LOW_WATER, NOON

LI = Actor("li", "operator", "desk-1")
NEVER_HIDDEN = ("duress", "fire", "forced_door", "panic")


def shelved(rule: Rule, until: Micros, reason: str = "sensor swapped") -> Suppression:
    asked = Shelving(rule.id, until, reason)
    return shelve(rule, asked, LI, at=NOON, shift_end=NOON + 3 * HOUR)


def refused_shelving(rule: Rule, until: Micros, reason: str = "sensor swapped") -> str:
    with pytest.raises(Refused) as refused:
        shelved(rule, until, reason)
    return str(refused.value)


def test_a_shelving_ends_with_the_shift_at_the_latest() -> None:
    assert shelved(LOW_WATER, NOON + 3 * HOUR).until == NOON + 3 * HOUR
    assert "beyond the shift's end" in refused_shelving(LOW_WATER, NOON + 3 * HOUR + 1)


def test_a_rule_may_say_how_long_it_may_be_shelved() -> None:
    brief = replace(LOW_WATER, shelve_at_most=10 * MINUTE)
    assert "longer than its rule allows" in refused_shelving(brief, NOON + 11 * MINUTE)
    long = replace(LOW_WATER, shelve_at_most=DAY)
    assert shelved(long, NOON + DAY).until == NOON + DAY


def test_a_shelving_says_who_and_why() -> None:
    begun = shelved(LOW_WATER, NOON + HOUR, "  sensor swapped ")
    assert (begun.who, begun.reason, begun.since) == ("li", "sensor swapped", NOON)
    for nothing in (" ", "\u200b", " \u200b\ufeff "):
        assert "without a reason" in refused_shelving(LOW_WATER, NOON + HOUR, nothing)
    assert "the end lies in the past" in refused_shelving(LOW_WATER, NOON)


@pytest.mark.promise("S9")
@pytest.mark.parametrize("never", NEVER_HIDDEN)
def test_fire_panic_forced_doors_and_duress_are_never_shelved(never: str) -> None:
    rule = replace(LOW_WATER, alarm_class=AlarmClass(never))
    told = refused_shelving(rule, NOON + HOUR)
    assert f"alarms of class {never} are never shelved" in told


def out(**changes: object) -> Suppression:
    fields: dict[str, object] = {
        "rule": LOW_WATER.id,
        "review": NOON + 30 * DAY,
        "work_order": "WO-1",
        "approved_by": "wang",
        "reason": "overhaul",
    }
    may = changes.pop("may_approve", True)
    asked = OutOfService(**(fields | changes))  # type: ignore[arg-type]  # test's own
    return put_out_of_service(LOW_WATER, asked, LI, at=NOON, may_approve=bool(may))


def test_out_of_service_has_a_work_order_a_second_person_and_a_review_date() -> None:
    begun = out()
    assert (begun.kind, begun.work_order, begun.approved_by, begun.until) == (
        Suppressing.OUT_OF_SERVICE,
        "WO-1",
        "wang",
        NOON + LONGEST_OUT_OF_SERVICE,
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"work_order": " "}, "without a work order"),
        ({"work_order": "\u200b"}, "without a work order"),
        ({"approved_by": "li"}, "li cannot approve it"),
        ({"approved_by": ""}, "nobody cannot approve it"),
        ({"may_approve": False}, "wang cannot approve it"),
        ({"reason": ""}, "without a reason"),
        ({"review": NOON + 30 * DAY + 1}, "longer than 30 days"),
        ({"review": NOON}, "the end lies in the past"),
    ],
)
def test_nothing_goes_out_of_service_otherwise(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(Refused, match=problem):
        out(**changes)


@pytest.mark.promise("S9")
@pytest.mark.parametrize("never", [*NEVER_HIDDEN, "intrusion"])
def test_no_parent_hides_what_concerns_lives_or_intrusion(never: str) -> None:
    child = replace(BARRIER, alarm_class=AlarmClass(never))
    assert parents_of(child) == ()
    assert settling(child, NOON) is None


def test_a_wait_for_parents_is_as_long_as_the_rule_says() -> None:
    wait = settling(BARRIER, NOON)
    assert wait is not None
    assert wait.until == NOON + BARRIER.settle
    assert settling(replace(BARRIER, settle=0), NOON) is None
    assert settling(POWER, NOON) is None
    event = replace(BARRIER, when=Happened("barrier/forced"))
    latching = replace(BARRIER, latching=True)
    for brief in (event, latching):
        assert settling(brief, NOON) is None  # gone again at once, it would never be announced


def test_a_suppression_without_a_ground_is_over() -> None:
    rules = {rule.id: rule for rule in (POWER, BARRIER, SMOKE)}
    standing = by_design(BARRIER, POWER.id, NOON)
    assert outlived(standing, rules, hidden=True) is None
    assert outlived(standing, rules, hidden=False) == (
        "power/fault is not active, or kept quiet itself"
    )
    recovering = replace(standing, until=NOON + HOUR)
    assert outlived(recovering, rules, hidden=False) is None
    orphan = rules | {BARRIER.id: replace(BARRIER, parents=())}
    assert outlived(standing, orphan, hidden=True) == "power/fault is no longer its parent"
    assert outlived(standing, {}, hidden=True) == "its rule is no longer in the site file"
    hidden_fire = shelved(POWER, NOON + HOUR)
    fire = {POWER.id: replace(POWER, alarm_class=AlarmClass.FIRE)}
    assert outlived(hidden_fire, fire, hidden=False) == ("alarms of class fire are never shelved")
