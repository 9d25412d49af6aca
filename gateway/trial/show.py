"""What a trial found, on the screen and as CSV."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from gateway.alarms.figures import BadActor, Figures
from gateway.errors import Unreachable
from gateway.model.clock import SECOND, Micros, to_datetime
from gateway.model.text import Language
from gateway.reports.sheet import lasting
from gateway.spreadsheet import BOM, csv_lines, harmless
from gateway.trial.replay import by_rule
from gateway.trial.trial import Trial


def show(trial: Trial, zone: ZoneInfo, screen: Console) -> None:
    """By rule, and the figures beside those of what was really raised."""
    titles = {subject.rule: subject.title for subject in trial.subjects.values()}
    table = Table(title="Would have been raised", title_justify="left")
    for column in ("rule", "title", "count", "first", "last", "longest"):
        table.add_column(column, justify="right" if column in ("count", "longest") else "left")
    for told in by_rule(trial.found, trial.subjects, trial.end):
        table.add_row(
            told.rule,
            titles[told.rule].in_(Language.EN),
            str(told.count),
            _at(told.first_at, zone),
            _at(told.last_at, zone),
            lasting(told.longest),
        )
    screen.print(table)
    screen.print(_figures(trial))
    if trial.unheard:
        screen.print(f"No reading of: {', '.join(trial.unheard)}", markup=False)


def write_csv(trial: Trial, zone: ZoneInfo, path: Path) -> None:
    """Every time a rule would have raised its alarm. Unreachable where it cannot be written."""
    lines: list[Sequence[object]] = [
        ("raised_at", "rule", "title_en", "title_zh", "priority", "seconds", "ended")
    ]
    for each in trial.found:
        subject = trial.subjects[each.alarm]
        lines.append(
            (
                to_datetime(each.raised_at).astimezone(zone).isoformat(timespec="milliseconds"),
                harmless(subject.rule),
                harmless(subject.title.en),
                harmless(subject.title.zh),
                subject.priority.value,
                ((each.over_at or trial.end) - each.raised_at) / SECOND,
                each.over_at is not None,
            )
        )
    try:
        path.write_bytes(BOM.encode() + csv_lines(lines))
    except OSError as error:
        raise Unreachable(str(path), f"cannot be written ({error.strerror})") from error


def _figures(trial: Trial) -> Table:
    table = Table(title="Figures (ISA-18.2)", title_justify="left")
    for column in ("", "these rules", "really raised"):
        table.add_column(column)
    for name, tried, really in zip(_NAMES, _row(trial.tried), _row(trial.really), strict=True):
        table.add_row(name, tried, really)
    return table


_NAMES = (
    "announced",
    "per hour",
    "most in 10 minutes",
    "time in flood",
    "top ten make",
    "most frequent",
    "chattering",
    "fleeting",
    "active over a day",
)


def _row(told: Figures) -> tuple[str, ...]:
    return (
        str(told.announced),
        f"{told.per_hour:.2f}",
        str(0 if told.peak is None else told.peak.count),
        f"{told.flood_share:.1%}",
        f"{told.top_ten_share:.0%}",
        _listed(told.most_frequent),
        _listed(told.chattering),
        _listed(told.fleeting),
        str(len(told.standing)),
    )


def _listed(actors: Sequence[BadActor]) -> str:
    return "\n".join(f"{actor.rule}: {actor.count}" for actor in actors[:10]) or "none"


def _at(at: Micros, zone: ZoneInfo) -> str:
    return f"{to_datetime(at).astimezone(zone):%Y-%m-%d %H:%M:%S}"
