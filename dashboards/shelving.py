"""Shelving an alarm: what may be shelved, and what the person is asked for."""

from collections.abc import Iterable, Mapping
from typing import Final

from dashboards.form import Asked, Field
from dashboards.texts import Texts
from gateway.model.alarm import Alarm, Suppressing
from gateway.model.clock import HOUR, Micros
from gateway.model.rule import NEVER_SHELVED, Rule

USUAL: Final[Micros] = HOUR


def shelvable(alarms: Iterable[Alarm], rules: Mapping[str, Rule]) -> tuple[Alarm, ...]:
    """Those whose rule may be shelved, and is not yet."""
    return tuple(
        alarm
        for alarm in alarms
        if alarm.rule in rules
        and rules[alarm.rule].alarm_class not in NEVER_SHELVED
        and Suppressing.SHELVED not in alarm.suppressed
    )


def which(alarms: Iterable[Alarm], texts: Texts) -> Field:
    """Which one of several alarms."""
    names = {str(alarm.id): alarm.title.in_(texts.language) for alarm in alarms}
    return Field("alarm", texts("head.what"), Asked.CHOICE, names, next(iter(names)))


def how_long_and_why(now: Micros, texts: Texts) -> tuple[Field, Field]:
    """Until when, and the reason."""
    return (
        Field("until", texts("quiet.until"), Asked.MOMENT, value=now + USUAL),
        Field("reason", texts("head.reason"), Asked.LINE),
    )
