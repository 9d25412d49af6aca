"""A report as it is read: headings, figures and tables in one language, times on the estate's wall
clock. The page and the PDF are made of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.alarms.figures import BadActor, Figures, Waits
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros, to_datetime
from gateway.model.text import Language, Text
from gateway.reports import words
from gateway.reports.report import (
    ON_TIME_TARGET,
    REPEAT_TARGET,
    SATISFACTION_TARGET,
    Ratio,
    Report,
)

SHOWN = 200
"""Rows of a table; of more, how many there are is said. All are in the CSV."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table: `head` is empty where the first column says what the second is."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole of it."""

    language: Language
    site: str
    title: str
    period: str
    sections: tuple[Section, ...]


def sheet(report: Report, site: Text, zone: ZoneInfo, language: Language) -> Sheet:
    """The report in that language. Sections that would be empty are left out."""
    writer = _Writer(zone, language)
    sections = (
        writer.summary(report),
        writer.speed(report),
        writer.by_priority(report),
        writer.by_source(report),
        writer.open(report),
        writer.late(report),
        writer.repeats(report),
        writer.false_alarms(report),
        writer.late_handovers(report),
        writer.bypassed(report),
        writer.performance(report.alarms),
        writer.actors(words.BAD_ACTORS, report.alarms.most_frequent),
        writer.actors(words.CHATTERING, report.alarms.chattering),
        writer.actors(words.FLEETING, report.alarms.fleeting),
        writer.standing(report.alarms),
    )
    return Sheet(
        language=language,
        site=site.in_(language),
        title=writer.title(report),
        period=writer.period(report),
        sections=tuple(section for section in sections if section.rows),
    )


class _Writer:
    """Puts figures into words."""

    def __init__(self, zone: ZoneInfo, language: Language) -> None:
        self._zone = zone
        self._language = language

    def title(self, report: Report) -> str:
        title, shift = self._say(words.TITLES[report.period.span]), report.period.shift
        if shift is None:
            return title
        return f"{title}: {self._say(shift.name)}, {self._say(shift.team.name)}"

    def period(self, report: Report) -> str:
        period = report.period
        told = f"{self._at(period.start)} – {self._at(period.end)} ({self._zone.key})"
        if report.until < period.end:
            told += f"; {self._say(words.SO_FAR).format(until=self._at(report.until))}"
        return told

    def summary(self, report: Report) -> Section:
        return self._pairs(
            words.SUMMARY,
            (words.ANNOUNCED, str(report.alarms.announced)),
            (words.OPENED, str(report.opened)),
            (words.CLOSED, str(report.closed)),
            (words.STILL_OPEN, str(len(report.open))),
            (words.LATE, str(len(report.late))),
            (words.ON_TIME, self._ratio(report.on_time, f"{ON_TIME_TARGET:.0%}")),
            (words.REPEATED, self._ratio(report.repeated, f"< {REPEAT_TARGET:.1%}")),
            (words.SATISFIED, self._ratio(report.satisfied, f"≥ {SATISFACTION_TARGET:.0%}")),
        )

    def speed(self, report: Report) -> Section:
        steps = (
            (words.ACKNOWLEDGED, report.alarms.acknowledged),
            (words.ANSWERED, report.answered),
            (words.ARRIVED, report.arrived),
            (words.RESOLVED, report.resolved),
        )
        rows = [(self._say(name), *self._waits(waits)) for name, waits in steps]
        return self._table(words.SPEED, (words.STEP, words.COUNT, words.MEDIAN, words.P90), rows)

    def by_priority(self, report: Report) -> Section:
        head = (words.PRIORITY, words.TICKETS, words.ALARMS, words.SHARE, words.RECOMMENDED)
        rows = [
            (
                self._say(words.PRIORITIES[mixed.priority]),
                str(report.opened_by_priority.get(mixed.priority, 0)),
                str(mixed.count),
                f"{mixed.share:.0%}",
                f"{mixed.recommended:.0%}",
            )
            for mixed in report.alarms.mix
        ]
        return self._table(words.BY_PRIORITY, head, rows)

    def by_source(self, report: Report) -> Section:
        counts = {self._say(words.SOURCES[s]): n for s, n in report.opened_by_source.items()}
        return self._counts(words.BY_SOURCE, words.SOURCE, counts)

    def open(self, report: Report) -> Section:
        head = (
            words.NUMBER,
            words.PRIORITY,
            words.TITLE,
            words.PLACE,
            words.STATE,
            words.OPENED_AT,
        )
        rows = [
            (
                str(job.ticket.number),
                self._say(words.PRIORITIES[job.ticket.priority]),
                self._say(job.ticket.title),
                self._say(job.ticket.place),
                self._say(words.STATES[job.state]),
                self._at(job.ticket.opened_at),
            )
            for job in report.open
        ]
        return self._table(words.STILL_OPEN, head, rows)

    def late(self, report: Report) -> Section:
        head = (words.NUMBER, words.TITLE, words.STEP, words.DUE, words.DONE)
        rows = [
            (
                str(late.ticket.number),
                self._say(late.ticket.title),
                self._say(words.CLOCKS[late.kind]),
                self._at(late.due_at),
                self._at(late.met_at),
            )
            for late in report.late
        ]
        return self._table(words.LATE, head, rows)

    def repeats(self, report: Report) -> Section:
        head = (words.NUMBER, words.TITLE, words.PLACE, words.EARLIER)
        rows = [
            (
                str(repeat.ticket.number),
                self._say(repeat.ticket.title),
                self._say(repeat.ticket.place),
                str(repeat.earlier),
            )
            for repeat in report.repeats
        ]
        return self._table(words.REPEATS, head, rows)

    def false_alarms(self, report: Report) -> Section:
        counts = {self._say(words.CODES[c]): n for c, n in report.false_alarms.items()}
        return self._counts(words.FALSE_ALARMS, words.CODE, counts)

    def late_handovers(self, report: Report) -> Section:
        head = (words.SHIFT, words.TEAM, words.DUE, words.DONE)
        rows = [
            (late.shift, late.team, self._at(late.due_at), self._at(late.taken_at))
            for late in report.late_handovers
        ]
        return self._table(words.HANDOVERS, head, rows)

    def bypassed(self, report: Report) -> Section:
        head = (words.DEVICE, words.PLACE, words.STATE, words.SINCE)
        rows = [
            (
                each.device,
                self._say(each.place),
                self._say(words.BYPASSED if each.known else words.NOT_KNOWN),
                self._at(each.so_since),
            )
            for each in report.bypassed
        ]
        return self._table(words.UNWATCHED, head, rows)

    def performance(self, alarms: Figures) -> Section:
        peak = self._say(words.NONE)
        if alarms.peak is not None:
            told = self._say(words.PEAK_AT)
            peak = told.format(count=alarms.peak.count, since=self._at(alarms.peak.since))
        floods = self._say(words.FLOODED).format(
            count=len(alarms.floods), share=f"{alarms.flood_share:.1%}"
        )
        return self._pairs(
            words.PERFORMANCE,
            (words.ANNOUNCED, str(alarms.announced)),
            (words.SUPPRESSED, str(alarms.suppressed)),
            (words.PER_HOUR, f"{alarms.per_hour:.2f}"),
            (words.PER_TEN_MINUTES, f"{alarms.per_ten_minutes:.2f}"),
            (words.PEAK, peak),
            (words.FLOODS, floods),
            (words.TOP_TEN, f"{alarms.top_ten_share:.0%}"),
        )

    def actors(self, title: Text, actors: Sequence[BadActor]) -> Section:
        rows = [
            (self._say(actor.title), actor.rule, str(actor.count), f"{actor.share:.0%}")
            for actor in actors
        ]
        return self._table(title, (words.ALARM, words.RULE, words.COUNT, words.SHARE), rows)

    def standing(self, alarms: Figures) -> Section:
        rows = [
            (self._say(each.title), each.rule, self._at(each.since), self._at(each.until))
            for each in alarms.standing
        ]
        return self._table(
            words.STANDING, (words.ALARM, words.RULE, words.SINCE, words.UNTIL), rows
        )

    def _counts(self, title: Text, name: Text, counts: Mapping[str, int]) -> Section:
        rows = [(each, str(counts[each])) for each in sorted(counts)]
        return self._table(title, (name, words.COUNT), rows)

    def _pairs(self, title: Text, *pairs: tuple[Text, str]) -> Section:
        return Section(self._say(title), (), tuple((self._say(name), told) for name, told in pairs))

    def _table(self, title: Text, head: Iterable[Text], rows: Sequence[tuple[str, ...]]) -> Section:
        left_out = max(0, len(rows) - SHOWN)
        return Section(self._say(title), tuple(map(self._say, head)), tuple(rows[:SHOWN]), left_out)

    def _ratio(self, ratio: Ratio, target: str) -> str:
        if ratio.share is None:
            return self._say(words.NONE)
        told = self._say(words.TARGET)
        share = f"{ratio.share:.1%}"
        return told.format(share=share, part=ratio.part, whole=ratio.whole, target=target)

    def _waits(self, waits: Waits) -> tuple[str, str, str]:
        return str(waits.count), lasting(waits.median), lasting(waits.p90)

    def _say(self, text: Text) -> str:
        return text.in_(self._language)

    def _at(self, at: Micros | None) -> str:
        return "–" if at is None else f"{to_datetime(at).astimezone(self._zone):%Y-%m-%d %H:%M}"


def lasting(span: Micros | None) -> str:
    """Hours, minutes and seconds; a dash for what never was."""
    if span is None:
        return "–"
    hours, minutes, seconds = span // HOUR, span % HOUR // MINUTE, span % MINUTE // SECOND
    return f"{hours}:{minutes:02}:{seconds:02}"
