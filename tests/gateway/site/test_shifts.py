"""The shift plan in the site file."""

from datetime import date, time
from pathlib import Path

import pytest

from gateway.model.shift import EveryDays, OnDays, ShiftPlan
from gateway.model.text import Text
from gateway.site.load import load_site
from gateway.site.problems import BadSite

HEAD = "site: {id: elm, name: Elm, time_zone: Europe/London, data: elm-data}\n"


def plan(folder: Path, shifts: str) -> ShiftPlan:
    path = folder / "elm.site.yaml"
    desk = "" if not shifts else f", desk: {{shifts: {shifts}}}"
    path.write_text(HEAD.replace("}\n", f"{desk}}}\n"))
    return load_site(path, {}).desk.shifts


def test_without_a_word_there_are_three_shifts_and_three_teams(tmp_path: Path) -> None:
    assert plan(tmp_path, "") == ShiftPlan()
    assert plan(tmp_path, "{late_after: 5m}").rotation == OnDays((1, 11, 21))


def test_any_plan_can_be_told(tmp_path: Path) -> None:
    told = plan(
        tmp_path,
        """{times: [{id: day, name: {en: Day, zh: 白班}, begins: "06:30"},
                    {id: night, name: {en: Night, zh: 夜班}, begins: "18:30"}],
            teams: [{id: x, name: X}, {id: y, name: Y}, {id: z, name: Z}],
            rotation: {every: 2d}, since: 2026-05-01, sign_from: 1h, late_after: 0s}""",
    )
    assert [(shift.name, shift.begins) for shift in told.times] == [
        (Text("Day", "白班"), time(6, 30)),
        (Text("Night", "夜班"), time(18, 30)),
    ]
    assert [team.id for team in told.teams] == ["x", "y", "z"]
    assert (told.rotation, told.since) == (EveryDays(2), date(2026, 5, 1))


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        ("{times: []}", "at least one"),
        ("{teams: []}", "at least one"),
        ("{teams: [{id: a, name: A}, {id: a, name: B}]}", "every id once"),
        (
            '{times: [{id: a, name: A, begins: "15:00"}, {id: b, name: B, begins: "07:00"}]}',
            "in the order of the day",
        ),
        ('{times: [{id: a, name: A, begins: "24:00"}]}', "time of day"),
        ("{rotation: {on: [11, 1]}}", "rising order"),
        ("{rotation: {on: [31]}}", "28"),
        ("{rotation: {}}", "either on or every"),
        ("{rotation: {on: [1], every: 2d}}", "either on or every"),
        ("{since: 2026-13-01}", "such as 2026-01-01"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_what_was_expected(
    tmp_path: Path, shifts: str, expected: str
) -> None:
    with pytest.raises(BadSite, match=expected):
        plan(tmp_path, shifts)
