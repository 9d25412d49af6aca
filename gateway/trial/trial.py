"""`gatehouse rules try`: a site file's rules over what has been, beside what was really raised."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.alarms.changes import read_window
from gateway.alarms.conditions import points_of
from gateway.alarms.figures import Figures, Subject, figures
from gateway.alarms.occurrences import Occurrence, occurrences
from gateway.errors import Malformed, Missing
from gateway.history.duckdb.history import DuckDbHistory
from gateway.ledger.ledger import sqlite_url
from gateway.ledger.reader import LedgerReader
from gateway.model.clock import DAY, Micros, to_datetime
from gateway.model.reading import Reading
from gateway.site.model import Site
from gateway.trial.reckoned import Reckoned
from gateway.trial.replay import Replay
from gateway.trial.sources import (
    Part,
    Source,
    history_day,
    history_standing,
    journal_of,
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found. `unheard` are points of the rules that said nothing at all."""

    start: Micros
    end: Micros
    readings: int
    found: list[Occurrence]
    subjects: dict[int, Subject]
    tried: Figures
    really: Figures
    unheard: tuple[str, ...]


async def try_rules(site: Site, running: Site, start: Micros, end: Micros, source: Source) -> Trial:
    """The rules of `site` over the readings of `running`'s stores in [start, end). Missing where
    there are none."""
    if end <= start:
        raise Malformed("--to", "is not after --from", "give a later end")
    points = frozenset(point for rule in site.rules for point in points_of(rule.when))
    replayed = _of_journal if source is Source.JOURNAL else _of_history
    replay, heard = await replayed(site, running, Reckoned(site, points), (start, end))
    found = replay.end(end)
    return Trial(
        start=start,
        end=end,
        readings=replay.readings,
        found=found,
        subjects=replay.subjects(),
        tried=figures(found, replay.subjects(), start, end),
        really=await _really(running, start, end),
        unheard=tuple(sorted(points - heard)),
    )


async def _of_journal(
    site: Site, running: Site, reckoned: Reckoned, window: tuple[Micros, Micros]
) -> tuple[Replay, set[str]]:
    start, end = window
    points = reckoned.needed
    with journal_of(running.data) as journal:
        oldest = journal.reaches_back_to()
        if start < oldest:
            remedy = f"begin there, or ask the history: --source {Source.HISTORY}"
            told = f"{to_datetime(oldest).astimezone(site.time_zone):%Y-%m-%dT%H:%M:%S%z}"
            raise Missing("--from", f"the journal reaches back to {told} only", remedy)
        lead = max(oldest, start - reckoned.lead)

        async def parts(begin: Micros, end: Micros) -> AsyncIterator[Part]:
            for part in journal.read(points, begin, end):
                yield part

        standing = journal.standing(points, start)
        looked_back = standing if lead == start else journal.standing(points, lead)
        before = Before(looked_back, parts(lead, start))
        replay = await _begun(site, reckoned, before, standing, start)
        heard = await _take(replay, reckoned, parts(start, end), running.data)
    return replay, heard


async def _of_history(
    site: Site, running: Site, reckoned: Reckoned, window: tuple[Micros, Micros]
) -> tuple[Replay, set[str]]:
    start, end = window
    points = reckoned.needed
    path = running.data / "history.duckdb"
    if not path.exists():
        raise Missing(str(path), "is not there", f"take --source {Source.JOURNAL}")
    async with DuckDbHistory(path) as history:

        async def parts(begin: Micros, end: Micros) -> AsyncIterator[Part]:
            for first in range(begin, end, DAY):
                last = min(first + DAY, end)
                readings = await history_day(history, points, first, last)
                yield Part(readings, (last - begin) / (end - begin))

        await history_day(history, points, start, start + 1)  # tells first if it is in use
        lead = start - reckoned.lead
        before = Before(await history_standing(history, points, lead), parts(lead, start))
        standing = await history_standing(history, points, start)
        replay = await _begun(site, reckoned, before, standing, start)
        heard = await _take(replay, reckoned, parts(start, end), path)
    return replay, heard


@dataclass(frozen=True, slots=True)
class Before:
    """What windows look back on: what stood first, and what came until the trial's window."""

    standing: Sequence[Reading]
    parts: AsyncIterator[Part]


async def _begun(
    site: Site, reckoned: Reckoned, before: Before, standing: Sequence[Reading], start: Micros
) -> Replay:
    for _ in reckoned.take(sorted(before.standing, key=lambda reading: reading.received_at)):
        pass
    async for part in before.parts:
        for _ in reckoned.take(part.readings):
            pass
    seq = max((reading.seq or 0 for reading in standing), default=0)
    return Replay(site.rules, [*standing, *reckoned.standing(start - 1, seq)], start)


async def _take(
    replay: Replay, reckoned: Reckoned, parts: AsyncIterator[Part], path: Path
) -> set[str]:
    heard = set(replay.heard)
    with _progress() as told:
        async for part in parts:
            readings = list(reckoned.take(part.readings))
            replay.take(readings)
            heard |= {reading.point for reading in readings}
            told(part.done, replay.readings)
    if not replay.readings:
        problem = "has no reading of these rules' points in that time"
        raise Missing(str(path), problem, "choose another time, or look at the rules' points")
    return heard


@contextmanager
def _progress() -> Iterator[Callable[[float, int], None]]:
    """A bar on the screen, where there is one."""
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    screen = Console(stderr=True, quiet=not sys.stderr.isatty())
    with Progress(*columns, console=screen) as progress:
        bar = progress.add_task("", total=1.0)
        yield lambda done, readings: progress.update(
            bar, completed=done, description=f"{readings:,} readings"
        )


async def _really(running: Site, start: Micros, end: Micros) -> Figures:
    """Of the devices' alarms: the gateway's own have no rule in a site file."""
    url = running.ledger_url or sqlite_url(running.data / "ledger.db")
    async with LedgerReader(url) as ledger:
        window = await read_window(ledger, start, end)
    devices = {device.id for device in running.devices}
    ours = {
        alarm: subject
        for alarm, subject in window.subjects.items()
        if subject.rule.partition("/")[0] in devices
    }
    found = occurrences(change for change in window.changes if change.alarm in ours)
    return figures(found, ours, start, end)
