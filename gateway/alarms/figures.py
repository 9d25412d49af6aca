"""Figures of the alarm system over a window of time (pure): ISA-18.2 (IEC 62682), clause 16, and
EEMUA 191, which name them and what is good.

An announcement counts, not an alarm: raised three times, it was told three times. What was
suppressed cost the operator nothing and is counted apart.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from gateway.alarms.flood import TEN_MINUTES, Announcement, Flood, floods
from gateway.alarms.occurrences import Occurrence
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.rule import Priority
from gateway.model.text import Text

RECOMMENDED: Final[Mapping[Priority, float]] = {
    Priority.CRITICAL: 0.01,
    Priority.HIGH: 0.05,
    Priority.MEDIUM: 0.15,
    Priority.LOW: 0.80,
}
"""Share of announcements by priority (ISA-18.2, 16.5.9): about 80 % low, 15 % medium, 5 % high,
and fewer than 1 % of a highest one."""

CHATTERS_FROM: Final = 3
CHATTERS_WITHIN: Final[Micros] = MINUTE
"""Raised so often within so long, an alarm chatters (ISA-18.2, 16.5.5)."""

FLEETING_UNDER: Final[Micros] = 10 * SECOND
"""Gone again in less, it is fleeting: nobody could have acted. ISA-18.2 (3.1) defines it without a
figure; this is ours."""

STANDING_OVER: Final[Micros] = DAY
"""Active for longer, it is stale (ISA-18.2, 16.5.6)."""

MOST_FREQUENT: Final = 10

FLOOD_LEAD: Final[Micros] = DAY
"""How long before a window announcements matter: a flood may have begun there."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the figures call an alarm by."""

    rule: str
    title: Text
    priority: Priority


@dataclass(frozen=True, slots=True)
class BadActor:
    """A rule that stands out. `share` of all announcements, or of those of `count`'s kind."""

    rule: str
    title: Text
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that was active for too long; `until` is None while it is."""

    rule: str
    title: Text
    since: Micros
    until: Micros | None


@dataclass(frozen=True, slots=True)
class Peak:
    """The most announcements within any ten minutes, the first of which came at `since`."""

    since: Micros
    count: int


@dataclass(frozen=True, slots=True)
class Share:
    """Announcements of one priority."""

    priority: Priority
    count: int
    share: float
    recommended: float


@dataclass(frozen=True, slots=True)
class Waits:
    """How long something took: `count` times it was done. None where it never was."""

    count: int
    median: Micros | None = None
    p90: Micros | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Over [start, end). Shares are 0 to 1. Lists have the worst first.

    `announced`: how often the operator was told of an alarm; `suppressed`: occurrences never told.
    `flood_share` of the time. `most_frequent` are the ten most announced rules, `top_ten_share`
    what they make of all. `chattering` counts bursts, `fleeting` occurrences gone at once.
    `standing` were active for over a day at some time in the window. `unacknowledged`: of the
    occurrences told in the window, those nobody has acknowledged by its end.
    """

    start: Micros
    end: Micros
    announced: int
    suppressed: int
    per_hour: float
    per_ten_minutes: float
    peak: Peak | None
    floods: tuple[Flood, ...]
    flood_share: float
    most_frequent: tuple[BadActor, ...]
    top_ten_share: float
    chattering: tuple[BadActor, ...]
    fleeting: tuple[BadActor, ...]
    standing: tuple[Standing, ...]
    mix: tuple[Share, ...]
    acknowledged: Waits
    unacknowledged: int


def figures(
    found: Sequence[Occurrence], subjects: Mapping[int, Subject], start: Micros, end: Micros
) -> Figures:
    """`found` are those that began before `end`; from FLOOD_LEAD before `start` on, and older ones
    that stood then. `subjects` by alarm id."""
    told = announcements(found, subjects, end)
    within = [each for each in told if each.at >= start]
    begun = [each for each in found if start <= each.raised_at < end]
    names = {subject.rule: subject.title for subject in subjects.values()}
    frequent = _bad_actors(Counter(each.rule for each in within), names)
    lasting = tuple(flood for flood in floods(told, end) if (flood.ended_at or end) > start)
    heard = [each for each in found if any(start <= at < end for at in each.told)]
    waits = [wait for each in heard if (wait := _waited(each, end)) is not None]
    return Figures(
        start=start,
        end=end,
        announced=len(within),
        suppressed=sum(not each.told for each in begun),
        per_hour=len(within) * HOUR / (end - start),
        per_ten_minutes=len(within) * TEN_MINUTES / (end - start),
        peak=_peak(within),
        floods=lasting,
        flood_share=sum(_overlap(flood, start, end) for flood in lasting) / (end - start),
        most_frequent=frequent[:MOST_FREQUENT],
        top_ten_share=sum(actor.share for actor in frequent[:MOST_FREQUENT]),
        chattering=_bad_actors(_chattering(within), names),
        fleeting=_bad_actors(Counter(_rules(filter(_is_fleeting, begun), subjects)), names),
        standing=_standing(found, subjects, start, end),
        mix=_mix(within),
        acknowledged=waits_of(waits),
        unacknowledged=len(heard) - len(waits),
    )


def announcements(
    found: Iterable[Occurrence], subjects: Mapping[int, Subject], end: Micros
) -> list[Announcement]:
    """What the operator was told before `end`, in the order of time."""
    told = []
    for each in found:
        subject = subjects[each.alarm]
        for at in each.told:
            if at < end:
                told.append(Announcement(at, each.alarm, subject.rule, subject.priority))
    return sorted(told, key=lambda each: (each.at, each.alarm))


def waits_of(waits: Sequence[Micros]) -> Waits:
    """Median and 90th percentile, by nearest rank: a time that did occur."""
    if not waits:
        return Waits(0)
    ordered = sorted(waits)
    return Waits(len(ordered), _at_rank(ordered, 0.5), _at_rank(ordered, 0.9))


def _at_rank(ordered: Sequence[Micros], share: float) -> Micros:
    return ordered[ceil(share * len(ordered)) - 1]


def _waited(each: Occurrence, end: Micros) -> Micros | None:
    if each.acknowledged_at is None or each.acknowledged_at >= end:
        return None
    return each.acknowledged_at - each.told[0]


def _peak(told: Sequence[Announcement]) -> Peak | None:
    recent: deque[Micros] = deque()
    peak: Peak | None = None
    for each in told:
        recent.append(each.at)
        while recent[0] <= each.at - TEN_MINUTES:
            recent.popleft()
        if peak is None or len(recent) > peak.count:
            peak = Peak(recent[0], len(recent))
    return peak


def _overlap(flood: Flood, start: Micros, end: Micros) -> Micros:
    return min(flood.ended_at or end, end) - max(flood.began_at, start)


def _bad_actors(counts: Counter[str], names: Mapping[str, Text]) -> tuple[BadActor, ...]:
    total = counts.total()
    worst = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(BadActor(rule, names[rule], count, count / total) for rule, count in worst)


def _chattering(told: Iterable[Announcement]) -> Counter[str]:
    """Bursts by rule: one lasts while each is within CHATTERS_WITHIN of the last but one."""
    recent: dict[str, deque[Micros]] = {}
    bursting: set[str] = set()
    bursts: Counter[str] = Counter()
    for each in told:
        last = recent.setdefault(each.rule, deque(maxlen=CHATTERS_FROM))
        last.append(each.at)
        if len(last) < CHATTERS_FROM or each.at - last[0] >= CHATTERS_WITHIN:
            bursting.discard(each.rule)
        elif each.rule not in bursting:
            bursting.add(each.rule)
            bursts[each.rule] += 1
    return bursts


def _is_fleeting(each: Occurrence) -> bool:
    gone_at = each.over_at if each.returned else None
    return bool(each.told) and gone_at is not None and gone_at - each.raised_at < FLEETING_UNDER


def _rules(found: Iterable[Occurrence], subjects: Mapping[int, Subject]) -> Iterable[str]:
    return (subjects[each.alarm].rule for each in found)


def _standing(
    found: Iterable[Occurrence], subjects: Mapping[int, Subject], start: Micros, end: Micros
) -> tuple[Standing, ...]:
    standing = []
    for each in found:
        until = each.over_at if each.over_at is not None and each.over_at < end else None
        lasted = (end if until is None else until) - each.raised_at
        if each.told and lasted > STANDING_OVER and (until is None or until >= start):
            subject = subjects[each.alarm]
            standing.append(Standing(subject.rule, subject.title, each.raised_at, until))
    return tuple(sorted(standing, key=lambda each: (each.since, each.rule)))


def _mix(told: Sequence[Announcement]) -> tuple[Share, ...]:
    counts = Counter(each.priority for each in told)
    return tuple(
        Share(priority, counts[priority], counts[priority] / max(1, len(told)), recommended)
        for priority, recommended in RECOMMENDED.items()
    )
