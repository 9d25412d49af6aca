"""Every reading is kept once, in whatever order and however often it is told, wherever it lies."""

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.history.duckdb import questions, upkeep
from gateway.history.duckdb.history import DuckDbHistory
from gateway.model.clock import DAY, SECOND, Micros
from gateway.model.reading import Reading
from tests.gateway.history.readings import T0, levels, reading

POINTS = ("tank/level", "tank/flow", "pump/current")
KINDS = {"tank": "tank", "pump": "pump"}
END = T0 + 100 * SECOND

told = st.tuples(st.sampled_from(POINTS), st.integers(0, 40))
batch = st.lists(told, max_size=15)
step = st.one_of(
    batch,
    batch,
    st.just("again"),
    st.just("restart"),
    st.integers(0, 45).map(lambda at: ("settle", at)),
    st.integers(0, 45).map(lambda at: ("forget", at)),
)


@given(st.lists(step, max_size=12))
@settings(max_examples=25, deadline=None)
async def test_it_holds_what_a_dictionary_would_hold(steps: list[object]) -> None:
    model: dict[tuple[str, Micros], float] = {}
    seq, last = 0, list[Reading]()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.duckdb"
        history = await DuckDbHistory(path, KINDS).__aenter__()
        try:
            for what in steps:
                match what:
                    case list():
                        last = [
                            reading(seq + n, float(seq + n), at=T0 + at * SECOND, point=point)
                            for n, (point, at) in enumerate(what, 1)
                        ]
                        seq += len(last)
                        await history.write(last, seq)
                        model |= {(r.point, r.taken_at): float(r.seq or 0) for r in last}
                    case "again":
                        await history.write(last, seq)
                        # A journal begun anew tells the same again under higher numbers.
                        anew = [replace(r, seq=seq + n) for n, r in enumerate(last, 1)]
                        seq += len(anew)
                        await history.write(anew, seq)
                        model |= {(r.point, r.taken_at): float(r.value or 0) for r in anew}  # type: ignore[arg-type]
                    case "restart":
                        await history.__aexit__()
                        history = await DuckDbHistory(path, KINDS).__aenter__()
                    case ("settle", int(at)):
                        await history.settle(T0 + at * SECOND, least=0)
                    case ("forget", int(at)):
                        cutoff = T0 + at * SECOND
                        await history.forget({"tank": DAY}, cutoff + DAY)
                        model = {
                            key: value
                            for key, value in model.items()
                            if key[0] == "pump/current" or key[1] >= cutoff
                        }
            parts = [part async for part in history.scan(POINTS, T0, END)]
            rows = [row for part in parts for row in part]
            assert [(row.point, row.sample.taken_at, row.sample.value) for row in rows] == [
                (*key, model[key])
                for key in sorted(model, key=lambda key: (POINTS.index(key[0]), key[1]))
            ]
        finally:
            await history.__aexit__()


async def test_settling_moves_every_reading_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SLICE", 1_000)  # as many slices as of millions
    path, each = tmp_path / "history.duckdb", 2_500
    async with DuckDbHistory(path) as history:
        for n, point in enumerate(POINTS):
            await history.write(told_by(point, each, n * each), (n + 1) * each)
        assert await history.settle(T0 + 2_000 * SECOND, least=3 * each + 1) == 0
        assert await history.settle(T0 + 2_000 * SECOND, least=3 * each) == 3 * 1_999
        assert await counts(history) == [each] * 3
        await history.write([reading(9_000, 0.5, at=T0 + 7 * SECOND)], 9_000)
        assert await counts(history) == [each] * 3
    assert await asyncio.to_thread(lies_in_order, path)


def told_by(point: str, count: int, first: int) -> list[Reading]:
    """One each second from T0 on."""
    return [
        reading(first + n, float(n), at=T0 + n * SECOND, point=point) for n in range(1, count + 1)
    ]


async def counts(history: DuckDbHistory) -> list[int]:
    found = await history.range(POINTS, T0, 2 * T0, 1)
    return [of[0].count for of in found.values()]


def lies_in_order(path: Path) -> bool:
    """Whether what has settled lies by point, and by time within it."""
    with duckdb.connect(path) as db:
        rows = db.execute("SELECT point, taken_at FROM settled").fetchall()
    return len(rows) == 3 * 1_999 - 1 and rows == sorted(rows)


async def test_what_is_forgotten_gives_its_place_back(tmp_path: Path) -> None:
    path, day = tmp_path / "history.duckdb", 20_000
    sizes = []
    for first in range(1, 8 * day, day):
        async with DuckDbHistory(path, KINDS) as history:  # closing writes everything to the file
            for seq in range(first, first + day, 5_000):
                await history.write(levels(*range(seq, seq + 5_000)), seq + 4_999)
            now = T0 + (first + day) * SECOND
            assert await history.settle(now, least=0) == day
            gone = await history.forget({"tank": day * SECOND}, now)
            assert gone == (0 if first == 1 else day)
        sizes.append(path.stat().st_size)
    assert max(sizes[4:]) <= max(sizes[:4])


async def test_a_picture_of_very_many_readings_has_their_extremes_ends_and_gaps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = told_by("tank/level", 3_000, 0)
    for n, value in ((700, 1e6), (1_400, -1e6), (2_100, None)):
        said[n] = replace(said[n], value=value)
    async with DuckDbHistory(tmp_path / "history.duckdb") as history:
        await history.write(said, 3_000)
        whole = await history.picture("tank/level", T0, T0 + 3_600 * SECOND, 60)
        monkeypatch.setattr(questions, "WHOLE", 1_000)
        drawn = await history.picture("tank/level", T0, T0 + 3_600 * SECOND, 60)
    for picture in (whole, drawn):
        at = {(sample.taken_at - T0) // SECOND for sample in picture}
        assert {1, 701, 1_401, 2_101, 3_000} <= at
        assert 40 <= len(picture) <= 90


async def test_a_value_can_be_taken_back(tmp_path: Path) -> None:
    async with DuckDbHistory(tmp_path / "history.duckdb") as history:
        await history.write([reading(1, 5.0, at=T0), reading(2, None, at=T0)], 2)
        assert (await history.picture("tank/level", T0, END, 9))[0].value is None
        await history.write([reading(3, 6.0, at=T0)], 3)
        await history.write([reading(4, None, at=T0)], 4)
        assert [s.value for s in await history.picture("tank/level", T0, END, 9)] == [None]
