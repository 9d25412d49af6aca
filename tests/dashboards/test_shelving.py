"""What may be shelved from an opened ticket."""

from dashboards.shelving import shelvable
from gateway.model.alarm import Suppressing
from gateway.model.rule import NEVER_SHELVED, AlarmClass, Happened
from tests.dashboards.samples import alarm
from tests.gateway.samples import rule

ALARM = alarm()


def of_class(alarm_class: AlarmClass) -> bool:
    found = rule(ALARM.rule, Happened("camera/crossing"), alarm_class=alarm_class)
    return bool(shelvable([ALARM], {found.id: found}))


def test_fire_panic_forced_doors_and_duress_are_not_offered_for_shelving() -> None:
    assert {each for each in AlarmClass if not of_class(each)} == NEVER_SHELVED


def test_neither_what_is_shelved_already_nor_what_the_site_file_has_no_more() -> None:
    found = rule(ALARM.rule, Happened("camera/crossing"))
    shelved = alarm(suppressed=(Suppressing.SHELVED,))
    assert shelvable([ALARM, shelved], {found.id: found}) == (ALARM,)
    assert shelvable([ALARM], {}) == ()
