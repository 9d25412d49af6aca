"""What may keep an alarm from the operator, and for how long: pure decisions (ISA-18.2).

Nothing is quiet without an end: a shelving ends at the latest with the shift, what is out of
service is looked at again on its review date, suppression by design ends with the parent's alarm.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.alarms.lifecycle import Terms
from gateway.errors import Refused
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm, Suppressing, Suppression
from gateway.model.clock import DAY, Micros
from gateway.model.rule import NEVER_BY_DESIGN, NEVER_SHELVED, Happened, Rule
from gateway.security.roles import Right

LONGEST_OUT_OF_SERVICE: Micros = 30 * DAY

TERMS: Mapping[Suppressing, Terms] = {
    Suppressing.SHELVED: Terms(Right.SHELVE, reason=True),
    Suppressing.OUT_OF_SERVICE: Terms(Right.OUT_OF_SERVICE, reason=True),
}
"""Who may begin and end them. The others begin and end by themselves."""


@dataclass(frozen=True, slots=True)
class Shelving:
    """That alarms of `rule` be shelved `until` then."""

    rule: str
    until: Micros
    reason: str


@dataclass(frozen=True, slots=True)
class OutOfService:
    """That `rule` be out of service under a work order; `review` is when it is looked at again.
    `approved_by` is a second person, who has agreed."""

    rule: str
    review: Micros
    work_order: str
    approved_by: str
    reason: str


def shelve(
    rule: Rule, asked: Shelving, who: Actor, *, at: Micros, shift_end: Micros
) -> Suppression:
    """What the shelving comes to; Refused for an alarm that is never shelved, without a reason, or
    for too long."""
    subject = f"rule {rule.id}"
    if rule.alarm_class in NEVER_SHELVED:
        problem = f"alarms of class {rule.alarm_class} are never shelved"
        raise Refused(subject, problem, "work its ticket off")
    reason = _stated(subject, asked.reason)
    latest, limit = shift_end, "beyond the shift's end"
    if rule.shelve_at_most is not None:
        latest, limit = at + rule.shelve_at_most, "longer than its rule allows"
    _check_end(subject, asked.until, at, latest, limit)
    return Suppression(0, Suppressing.SHELVED, rule.id, at, asked.until, who.user, reason)


def put_out_of_service(
    rule: Rule, asked: OutOfService, who: Actor, *, at: Micros, may_approve: bool
) -> Suppression:
    """What being out of service comes to; Refused without work order, reason or a second person
    who has the right (`may_approve`), or for longer than a review may wait."""
    subject = f"rule {rule.id}"
    reason = _stated(subject, asked.reason)
    work_order = asked.work_order.strip()
    if not _shows(work_order):
        raise Refused(subject, "nothing is out of service without a work order", "name it")
    second = asked.approved_by.strip() or "nobody"
    if second in ("nobody", who.user) or not may_approve:
        problem = f"{second} cannot approve it"
        raise Refused(subject, problem, "name a second person who may take things out of service")
    _check_end(subject, asked.review, at, at + LONGEST_OUT_OF_SERVICE, "longer than 30 days")
    return Suppression(
        0,
        Suppressing.OUT_OF_SERVICE,
        rule.id,
        at,
        asked.review,
        who.user,
        reason,
        work_order=work_order,
        approved_by=second,
    )


def parents_of(rule: Rule) -> tuple[str, ...]:
    """The rules whose alarms suppress this one by design: none for people's lives and intrusion."""
    return () if rule.alarm_class in NEVER_BY_DESIGN else rule.parents


def by_design(child: Rule, parent: str, at: Micros) -> Suppression:
    """The child is quiet while the parent's alarm is active."""
    return Suppression(
        0, Suppressing.BY_DESIGN, child.id, at, None, GATEWAY.user, parent, parent=parent
    )


def hides_children(parents: Iterable[Suppression]) -> bool:
    """Whether a rule that is kept quiet like that hides its children: not by a person, for then
    nobody is told of what they come from."""
    return not any(suppression.kind in TERMS for suppression in parents)


def latches_untold(alarm: Alarm) -> bool:
    """Whether an alarm that latches and returns now, untold, is told when its shelving ends. What
    comes and goes under a parent's alarm comes of that; out of service, of the work."""
    return not alarm.announced and alarm.suppressed == (Suppressing.SHELVED,)


def settling(rule: Rule, at: Micros) -> Suppression | None:
    """The wait for a parent's alarm before this one is announced; None where none can come, for
    events, and for what latches: there and gone, it would be gone unannounced."""
    parents = parents_of(rule)
    brief = isinstance(rule.when, Happened) or rule.latching
    if not parents or not rule.settle or brief:
        return None
    reason = ", ".join(parents)
    until = at + rule.settle
    return Suppression(0, Suppressing.SETTLING, rule.id, at, until, GATEWAY.user, reason)


def outlived(suppression: Suppression, rules: Mapping[str, Rule], *, hidden: bool) -> str | None:
    """Why it cannot go on with these rules; None where it can. `hidden`: its parent's alarm is
    active and hides its children."""
    rule = rules.get(suppression.rule)
    if rule is None:
        return "its rule is no longer in the site file"
    if suppression.kind is Suppressing.SHELVED and rule.alarm_class in NEVER_SHELVED:
        return f"alarms of class {rule.alarm_class} are never shelved"
    if suppression.kind is Suppressing.SETTLING and settling(rule, suppression.since) is None:
        return "it waits for no parent any more"
    if suppression.kind is Suppressing.BY_DESIGN and suppression.parent not in parents_of(rule):
        return f"{suppression.parent} is no longer its parent"
    if suppression.until is None and not hidden:
        return f"{suppression.parent} is not active, or kept quiet itself"
    return None


def shortened(suppression: Suppression, rule: Rule, now: Micros) -> Suppression:
    """The same with the end it has at the latest with the rule as it is, as of `now`: a clock that
    was days ahead has left ends that would not come for days."""
    until = suppression.until
    if until is None:
        return suppression
    since = min(suppression.since, now)
    match suppression.kind:
        case Suppressing.SETTLING:
            latest = now + rule.settle
        case Suppressing.BY_DESIGN:
            latest = now + rule.recovery
        case _:
            latest = since + until - suppression.since
    if suppression.kind is Suppressing.SHELVED and rule.shelve_at_most is not None:
        latest = min(latest, since + rule.shelve_at_most)
    return replace(suppression, since=since, until=min(until, latest))


def kinds(suppressions: Iterable[Suppression]) -> tuple[Suppressing, ...]:
    """What keeps an alarm quiet, sorted."""
    return tuple(sorted({suppression.kind for suppression in suppressions}))


def _stated(subject: str, reason: str) -> str:
    if not _shows(reason.strip()):
        raise Refused(subject, "is not kept quiet without a reason", "say why")
    return reason.strip()


def _shows(text: str) -> bool:
    """Whether there is anything to be seen: a space of no width says nothing."""
    return any(map(str.isprintable, text))


def _check_end(subject: str, until: Micros, at: Micros, latest: Micros, limit: str) -> None:
    if until <= at:
        raise Refused(subject, "the end lies in the past", "name a later time")
    if until > latest:
        raise Refused(subject, f"is not kept quiet {limit}", "name an earlier time")
