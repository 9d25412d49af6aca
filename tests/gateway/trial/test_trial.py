"""Rules tried over a real journal and a real history, beside a real ledger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from gateway.cli import main
from gateway.errors import Malformed, Missing, Refused, Unreachable
from gateway.history.duckdb.history import DuckDbHistory
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.reading import Quality
from gateway.model.rule import Rule, Side, Threshold
from gateway.trial import sources
from gateway.trial.show import show, write_csv
from gateway.trial.sources import Source
from gateway.trial.trial import Trial, try_rules
from tests.blocking import excused
from tests.gateway.alarming import raise_alarm
from tests.gateway.samples import BREACH, LOW_WATER, NOON, PROPPED, RULES, reading, site
from tests.gateway.test_export import held

LOWER = replace(LOW_WATER, when=Threshold("tank/level", Side.BELOW, 0.6, 0.1))

DAY_OF_READINGS = [
    reading("tank/level", 0.8, -HOUR),  # already low by LOW_WATER when the window begins
    reading("tank/level", 2.0, MINUTE),
    reading("door/contact", "open", 2 * MINUTE),
    reading("tank/level", 0.8, 3 * MINUTE),
    reading("tank/level", 2.0, 4 * MINUTE),
    reading("tank/level", 0.5, 5 * MINUTE),
    reading("tank/level", None, 6 * MINUTE, Quality.OFFLINE),
    reading("camera/crossing", {"n": 1}, 7 * MINUTE),
    reading("tank/level", 2.0, 8 * MINUTE),
]


@asynccontextmanager
async def stores(folder: Path) -> AsyncIterator[Journal]:
    """A gateway's data folder with those readings; its journal is still open, as when it runs."""
    async with Ledger(sqlite_url(folder / "ledger.db")) as ledger:
        await ledger.transact(lambda connection: raise_alarm(connection, at=NOON + 3 * MINUTE))
        async with Journal(folder / "journal.db") as journal:
            await journal.append(DAY_OF_READINGS)
            yield journal


async def fill_history(folder: Path) -> None:
    async with DuckDbHistory(folder / "history.duckdb") as history:
        numbered = [replace(each, seq=n) for n, each in enumerate(DAY_OF_READINGS, 1)]
        await history.write(numbered, len(numbered))


async def tried(folder: Path, *rules: Rule, source: Source = Source.JOURNAL) -> Trial:
    here = site(folder, rules)
    return await try_rules(here, site(folder), NOON, NOON + HOUR, source)


def raised(trial: Trial) -> list[tuple[str, int, int]]:
    """Rule, and when it was raised and was over in seconds after NOON."""
    return [
        (
            trial.subjects[each.alarm].rule,
            (each.raised_at - NOON) // SECOND,
            ((each.over_at or trial.end) - NOON) // SECOND,
        )
        for each in trial.found
    ]


async def test_the_rules_are_tried_while_the_gateway_writes_its_journal(tmp_path: Path) -> None:
    async with stores(tmp_path):
        assert raised(await tried(tmp_path, *RULES)) == [
            (PROPPED.id, 150, 3_600),
            (LOW_WATER.id, 180, 240),
            (LOW_WATER.id, 300, 480),
            ("tank/offline", 360, 480),
            (BREACH.id, 420, 480),
        ]
        trial = await tried(tmp_path, LOWER)
        assert raised(trial) == [(LOW_WATER.id, 300, 480)]
        assert (trial.tried.announced, trial.really.announced) == (1, 1)


async def test_the_history_says_the_same_as_the_journal(tmp_path: Path) -> None:
    async with stores(tmp_path):
        await fill_history(tmp_path)
        by_journal = await tried(tmp_path, *RULES)
        assert raised(await tried(tmp_path, *RULES, source=Source.HISTORY)) == raised(by_journal)


async def test_slices_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stores(tmp_path):
        whole = raised(await tried(tmp_path, *RULES))
        monkeypatch.setattr(sources, "SLICE", 2)
        assert raised(await tried(tmp_path, *RULES)) == whole


async def test_trying_writes_nothing(tmp_path: Path) -> None:
    async with stores(tmp_path):
        pass
    before = _files(tmp_path)
    await tried(tmp_path, *RULES)
    assert _files(tmp_path) == before


def _files(folder: Path) -> dict[str, bytes]:
    """All but what SQLite makes for its readers."""
    found = (path for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm")))
    return {path.name: path.read_bytes() for path in found}


async def test_what_cannot_be_tried_is_told(tmp_path: Path) -> None:
    here = site(tmp_path)
    with pytest.raises(Missing, match=r"journal\.db: is not there"):
        await tried(tmp_path, LOWER)
    async with stores(tmp_path):
        with pytest.raises(Malformed, match="not after"):
            await try_rules(here, here, NOON, NOON, Source.JOURNAL)
        with pytest.raises(Missing, match=r"reaches back to 2023-11-15T05:13:20\+0800 only"):
            await try_rules(here, here, NOON - 2 * HOUR, NOON, Source.JOURNAL)
        with pytest.raises(Missing, match="no reading"):
            await try_rules(here, here, NOON + HOUR, NOON + 2 * HOUR, Source.JOURNAL)
        with pytest.raises(Missing, match=r"history\.duckdb: is not there"):
            await tried(tmp_path, LOWER, source=Source.HISTORY)
        elsewhere = replace(LOWER, when=Threshold("tank/depth", Side.BELOW, 1.0))
        trial = await tried(tmp_path, LOWER, replace(elsewhere, id="tank/depth-low"))
        assert trial.unheard == ("tank/depth",)


async def test_a_history_that_a_gateway_holds_is_told_as_such(tmp_path: Path) -> None:
    async with stores(tmp_path):
        await fill_history(tmp_path)
        with ExitStack() as other:
            with excused():
                other.enter_context(held(tmp_path / "history.duckdb"))
            with pytest.raises(Refused, match="in use by the running gateway"):
                await tried(tmp_path, LOWER, source=Source.HISTORY)
            with excused():
                other.close()


async def test_it_is_shown_by_rule_and_every_alarm_is_in_the_csv(tmp_path: Path) -> None:
    async with stores(tmp_path):
        trial = await tried(tmp_path, *RULES)
    screen = Console(width=140, record=True, quiet=True)
    show(trial, site(tmp_path).time_zone, screen)
    zone = site(tmp_path).time_zone
    write_csv(trial, zone, tmp_path / "tried.csv")
    lines = (tmp_path / "tried.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("raised_at,rule,")
    assert lines[2].startswith("2023-11-15T06:16:20.000+08:00,tank/low-level,")
    assert len(lines) == 6
    with pytest.raises(Unreachable, match="cannot be written"):
        write_csv(trial, zone, tmp_path / "no" / "tried.csv")


def test_the_command_shows_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(
        f"""
site: {{id: t, name: T, time_zone: UTC, listen: "127.0.0.1:8080", data: {tmp_path}}}
connections: {{b: {{type: mqtt, host: h, client_id: c}}}}
devices:
  - {{id: tank, kind: tank, profile: gatehouse-json, connection: b, topic: t, name: W, place: P}}
"""
    )
    asyncio.run(_fill(tmp_path))
    bounds = ["--from", "2023-11-14T22:13:20", "--to", "2023-11-14T23:13:20"]
    with pytest.raises(SystemExit) as done:
        main(["rules", "try", str(file), *bounds, "--csv", str(tmp_path / "t.csv")])
    assert done.value.code == 0
    shown = capsys.readouterr().out
    assert "Would have been raised" in shown
    assert "tank/low-level" in shown
    assert "really raised" in shown
    with pytest.raises(SystemExit) as ended:
        main(["rules", "try", str(file), *bounds, "--source", "memory"])
    assert ended.value.code == 2
    assert "take journal or history" in capsys.readouterr().err


async def _fill(folder: Path) -> None:
    async with stores(folder):
        pass
