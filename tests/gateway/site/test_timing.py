"""Clocks, calendars and escalation in a site file."""

from datetime import date, time

import pytest

from gateway.model.clock import HOUR, MINUTE
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import ClockKind
from gateway.site.timing_model import (
    BROUGHT_CALENDARS,
    BROUGHT_CHAIN,
    BROUGHT_CLOCKS,
    Calendar,
    Chain,
    ChainRule,
    ClockRule,
    Concerns,
    Hours,
    Level,
    Timing,
)
from tests.gateway.site.conftest import Load, Told

SITE = """\
site:
  id: court
  name: Court
  time_zone: Asia/Shanghai
  data: stores
  desk: {desk}
connections: {{}}
notices:
  channels: {{all: {{url: "mailto://desk@example.com"}}}}
  audiences: {{guards: [all], boss: [all]}}
"""


def test_a_site_that_says_nothing_goes_by_the_rule_book(load: Load) -> None:
    assert load("").desk.timing == Timing()


def test_what_the_site_file_says_stands_before_the_rule_book(load: Load) -> None:
    desk = """
    calendars:
      office:
        hours: {mon-thu: ["08:30-12:00", "13:30-17:30"], fri: ["08:30-12:00"]}
        holidays: CN
        closed: [2026-12-31]
        open: [2027-02-27]
    clocks:
      - {clock: resolve, jobs: [repair], priorities: [low], within: 16h, counting: office}
      - {clock: arrive, jobs: [request], within: 1h, during: office}
      - {clock: call_back, within: never}
    escalation:
      - priorities: [critical]
        levels: [{tell: guards, after: 0s}, {tell: boss, after: 2m}]
        nag: 5m
"""
    timing = load(SITE.format(desk=desk), whole=True).desk.timing
    day = (Hours(time(8, 30), time(12)), Hours(time(13, 30), time(17, 30)))
    office = Calendar(
        {0: day, 1: day, 2: day, 3: day, 4: day[:1]},
        "CN",
        closed=frozenset({date(2026, 12, 31)}),
        open=frozenset({date(2027, 2, 27)}),
    )
    small = Concerns(frozenset({JobKind.REPAIR}), frozenset({Priority.LOW}))
    requests = Concerns(frozenset({JobKind.REQUEST}))
    critical = Concerns(priorities=frozenset({Priority.CRITICAL}))
    assert timing == Timing(
        calendars={**BROUGHT_CALENDARS, "office": office},
        clocks=(
            ClockRule(ClockKind.RESOLVE, 16 * HOUR, small, counting="office"),
            ClockRule(ClockKind.ARRIVE, HOUR, requests, during="office"),
            ClockRule(ClockKind.CALL_BACK, None),
            *BROUGHT_CLOCKS,
        ),
        chains=(
            ChainRule(Chain((Level(0, "guards"), Level(2 * MINUTE, "boss")), 5 * MINUTE), critical),
            ChainRule(BROUGHT_CHAIN),
        ),
    )


def test_half_an_hour_on_five_days_is_more_than_an_hour_a_week(load: Load) -> None:
    desk = "{calendars: {early: {hours: {mon-fri: ['06:30-07:00']}}}}"
    calendar = load(SITE.format(desk=desk), whole=True).desk.timing.calendars["early"]
    assert sorted(calendar.hours) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("desk", "said"),
    [
        ("{clocks: [{clock: answer, within: ¦soon}]}", "expected a duration such as"),
        ("{clocks: [{clock: answer, within: ¦2161h}]}", "expected at most 2160h"),
        ("{clocks: [{clock: ¦anser, within: 5m}]}", "did you mean 'answer'?"),
        ("{clocks: [{clock: answer, jobs: [¦repairs], within: 5m}]}", "did you mean 'repair'?"),
        (
            "{clocks: [{clock: answer, within: 5m, counting: ¦daytim}]}",
            "unknown calendar 'daytim'; did you mean 'daytime'?",
        ),
        ("{calendars: {office: {hours: {¦mo: ['08:00-12:00']}}}}", "expected weekdays such as"),
        ("{calendars: {office: {hours: {¦fri-mon: ['08:00-12:00']}}}}", "expected weekdays"),
        ("{calendars: {office: {hours: {mon: [¦'8-12']}}}}", "expected times of day such as"),
        ("{calendars: {office: {hours: ¦{mon: ['08:00-08:59']}}}}", "at least an hour a week"),
        ("{calendars: {office: {hours: ¦{}}}}", "expected at least an hour a week"),
        (
            "{calendars: {office: {hours: {mon: ['00:00-00:00']}, holidays: ¦China}}}",
            "expected a country's code such as CN",
        ),
        ("{escalation: [{levels: ¦[]}]}", "expected at least one"),
        (
            "{escalation: [{levels: [{tell: leader, after: 0s}, {tell: ¦bos, after: 0s}]}]}",
            "unknown audience 'bos'; did you mean 'boss'?",
        ),
        (
            "{escalation: [{levels: [{tell: boss, after: 0s}], nag: ¦10s}]}",
            "expected at least 1m",
        ),
    ],
)
def test_timing_that_cannot_be_is_told(told: Told, desk: str, said: str) -> None:
    (problem,) = told(SITE.format(desk=desk), whole=True)
    assert said in problem
