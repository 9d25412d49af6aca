"""Rules on derived points, tried on readings from before those points were thought of."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.expressions.check import Names, formula
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.point import Point, PointKind
from gateway.model.reading import Reading
from gateway.model.rule import Rule, Side, Threshold
from gateway.model.text import Text
from gateway.site.model import Site
from gateway.trial.reckoned import PULSE
from gateway.trial.sources import Source
from gateway.trial.trial import Trial, try_rules
from tests.blocking import excused
from tests.gateway.samples import LEVEL, NOON, rule, site

RATE = Point("tank/rate", PointKind.NUMBER, Text("Rate", "变化率"), unit="m/h", derived=True)
FALLS = rule("tank/falls", Threshold("tank/rate", Side.BELOW, -1.0, 0.1))


def with_rate(folder: Path, text: str = "rate(level, 5m)", tried: Rule = FALLS) -> Site:
    """The tank of the samples with that derived point."""
    found = site(folder, (tried,))
    names = Names({"level": LEVEL, "tank/rate": RATE}, {}, ZoneInfo("Asia/Shanghai"))
    made = {RATE.id: formula(text, names, PointKind.NUMBER)}
    devices = (
        replace(each, points=(*each.points, RATE), derived=made) if each.id == "tank" else each
        for each in found.devices
    )
    return replace(found, devices=tuple(devices))


def falling(*, off: int = 0) -> list[Reading]:
    """From an hour before NOON to half an hour after. From the tenth minute on the level falls by
    3 m/h for ten minutes; for the last `off` of them the gateway stands still."""
    told, level = [], 4.0
    for ten in range(-6 * 60, 3 * 60):
        at, minute = NOON + ten * 10 * SECOND, ten / 6
        level -= 3 * 10 / 3600 if 10 <= minute < 20 else 0
        if not 20 - off <= minute < 20:
            told += [Reading("tank/level", level, at, at), Reading(PULSE, 1.0, at, at)]
    return told


async def tried(folder: Path, trial: Site, readings: list[Reading], source: Source) -> Trial:
    async with Ledger(sqlite_url(folder / "ledger.db")):
        with excused():
            async with Journal(folder / "journal.db") as journal:
                await journal.append(readings)
                return await try_rules(trial, site(folder), NOON, NOON + HOUR, source)


def raised(trial: Trial) -> list[tuple[int, int]]:
    """Minutes after NOON."""
    return [
        ((each.raised_at - NOON) // MINUTE, ((each.over_at or trial.end) - NOON) // MINUTE)
        for each in trial.found
    ]


async def test_a_rule_on_a_derived_point_is_tried_on_what_it_follows_from(tmp_path: Path) -> None:
    trial = await tried(tmp_path, with_rate(tmp_path), falling(), Source.JOURNAL)
    assert len(trial.found) == 1
    ((begun, over),) = raised(trial)
    assert 10 < begun < 14
    assert 20 < over < 25
    assert trial.unheard == ()


async def test_windows_begin_before_the_trial_does(tmp_path: Path) -> None:
    low = rule("tank/low", Threshold("tank/rate", Side.BELOW, 4.5, 0.0))
    trial = await tried(
        tmp_path, with_rate(tmp_path, "max(level, 50m)", low), falling(), Source.JOURNAL
    )
    assert trial.found == [], "it stood before the window, and stands"
    assert trial.unheard == ()


async def test_what_was_recorded_of_the_point_itself_is_reckoned_anew(tmp_path: Path) -> None:
    at = NOON + 5 * MINUTE
    recorded = [*falling(), Reading("tank/rate", -99.0, at, at)]
    recorded.sort(key=lambda reading: reading.received_at)
    ((begun, _),) = raised(await tried(tmp_path, with_rate(tmp_path), recorded, Source.JOURNAL))
    assert begun > 10


async def test_time_in_which_the_gateway_stood_still_is_not_bridged(tmp_path: Path) -> None:
    trial = await tried(tmp_path, with_rate(tmp_path), falling(off=10), Source.JOURNAL)
    assert trial.found == []
