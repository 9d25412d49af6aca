"""Readings as a table: what an engineer opens in a spreadsheet or a data frame."""

import csv
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Missing
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.export import Table, csv_parts, matching, to_parquet
from gateway.model.clock import SECOND
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from tests.gateway.history.readings import T0, levels, reading

POINTS = {
    point.id: point
    for point in (
        Point("tank/level", PointKind.NUMBER, Text("Level", "液位"), unit="m"),
        Point("tank/state", PointKind.STATE, Text("State", "状态")),
        Point("camera/crossing", PointKind.EVENT, Text("Crossing", "越线")),
    )
}
SHANGHAI = ZoneInfo("Asia/Shanghai")

SAID = [
    reading(1, -1.5),
    reading(2, None, quality=Quality.OFFLINE),
    reading(3, "=1+1", point="tank/state"),
    reading(4, {"line": 'north "wall"', "who": "人"}, point="camera/crossing"),
]


def table(*, harmless: bool = True) -> Table:
    return Table(tuple(POINTS.values()), T0, T0 + 9 * SECOND, SHANGHAI, harmless)


async def exported(folder: Path, said: list[Reading], wanted: Table) -> bytes:
    async with DuckDbHistory(folder / "history.duckdb") as history:
        await history.write(said, len(said))
        return b"".join([part.text async for part in csv_parts(history, wanted)])


async def test_each_reading_is_a_line_with_the_sites_time_and_its_unit(tmp_path: Path) -> None:
    text = (await exported(tmp_path, SAID, table())).decode("utf-8-sig")
    assert text.splitlines() == [
        "point,taken_at,number,state,event,unit,quality",
        "tank/level,2023-11-15T06:13:21.000000+08:00,-1.5,,,m,good",
        "tank/level,2023-11-15T06:13:22.000000+08:00,,,,,offline",
        "tank/state,2023-11-15T06:13:23.000000+08:00,,'=1+1,,,good",
        "camera/crossing,2023-11-15T06:13:24.000000+08:00,,,"
        '"{""line"":""north \\""wall\\"""",""who"":""人""}",,good',
    ]


async def test_a_table_of_nothing_has_its_head(tmp_path: Path) -> None:
    text = await exported(tmp_path, [], table())
    assert text.decode("utf-8-sig") == "point,taken_at,number,state,event,unit,quality\r\n"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
async def test_no_text_is_a_formula_and_every_text_comes_back(state: str) -> None:
    class Saying(DuckDbHistory):
        async def scan(self, *_: object):  # type: ignore[no-untyped-def]
            from gateway.history.protocol import Row, Sample

            yield [Row("tank/state", Sample(T0, state, Quality.GOOD))]

    parts = [part async for part in csv_parts(Saying(Path("none")), table())]
    text = b"".join(part.text for part in parts).decode("utf-8-sig")
    (_, (_, _, _, cell, *_)) = csv.reader(io.StringIO(text, newline=""))
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (state, f"'{state}")


async def test_parquet_has_typed_columns_and_texts_as_they_are(tmp_path: Path) -> None:
    source, target = tmp_path / "it's.csv", tmp_path / "it's.parquet"
    source.write_bytes(await exported(tmp_path, SAID, table(harmless=False)))
    to_parquet(source, target)
    with duckdb.connect() as db:
        columns = "point, epoch_us(taken_at), number, state, event, unit, quality"
        rows = db.execute(f"SELECT {columns} FROM read_parquet($1)", [str(target)]).fetchall()
        types = db.execute("DESCRIBE FROM read_parquet($1)", [str(target)]).fetchall()
    assert [kind for _, kind, *_ in types][:3] == ["VARCHAR", "TIMESTAMP WITH TIME ZONE", "DOUBLE"]
    assert rows == [
        ("tank/level", T0 + SECOND, -1.5, None, None, "m", "good"),
        ("tank/level", T0 + 2 * SECOND, None, None, None, None, "offline"),
        ("tank/state", T0 + 3 * SECOND, None, "=1+1", None, None, "good"),
        (
            "camera/crossing",
            T0 + 4 * SECOND,
            None,
            None,
            '{"line":"north \\"wall\\"","who":"人"}',
            None,
            "good",
        ),
    ]


async def test_a_long_table_comes_in_parts_and_says_how_far_it_is(tmp_path: Path) -> None:
    async with DuckDbHistory(tmp_path / "history.duckdb") as history:
        for first in range(1, 25_001, 2_500):
            await history.write(levels(*range(first, first + 2_500)), first + 2_499)
        wanted = Table([POINTS["tank/level"]], T0, T0 + 25_001 * SECOND, SHANGHAI)
        parts = [part async for part in csv_parts(history, wanted)]
    assert sum(part.readings for part in parts) == 25_000
    assert max(part.readings for part in parts) <= 20_000
    done = [part.done for part in parts]
    assert done == sorted(done)
    assert done[-1] == 1.0


def test_points_are_chosen_by_pattern_in_the_order_of_the_site_file() -> None:
    chosen = matching(POINTS, ["camera/crossing", "tank/*"])
    assert [point.id for point in chosen] == list(POINTS)
    with pytest.raises(Missing, match="points door/\\*: match none"):
        matching(POINTS, ["tank/*", "door/*"])
