"""Which alarm of a group came first: most likely the cause, the others its consequences."""

from collections.abc import Iterable

from gateway.model.alarm import Alarm


def is_first_out(rule: str, standing: Iterable[Alarm]) -> bool:
    """Whether an alarm that `rule` raises now is its group's first-out (ISA-18.1: sequences F).

    `standing` are the open alarms of the group, the rule's own among them. It is when no other is
    active; and it stays so when it comes again while what followed from it is still active.
    """
    others_active = False
    for alarm in standing:
        if alarm.rule == rule and alarm.first_out:
            return True
        others_active |= alarm.active and alarm.rule != rule
    return not others_active
