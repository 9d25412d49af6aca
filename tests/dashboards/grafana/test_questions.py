"""What panels ask is there to be asked, in both languages. Flux is looked at for its form only: no
server of these tests speaks it."""

import re

import pytest

from dashboards.grafana.languages import FLUX, INFLUXQL, Language
from dashboards.grafana.schema import ALARM_TAGS, fields
from tests.dashboards.grafana.grafana import Panel, board, names, panels

PANELS = [panel for name in names("flux") for panel in panels("flux", name)]
VARIABLES = [
    variable["query"]
    for name in names("flux")
    for variable in board("flux", name)["templating"]["list"]
]
SCRIPTS = [*(query for panel in PANELS for query in panel.queries), *VARIABLES]

FUNCTIONS = {
    *("aggregateWindow", "count", "filter", "group", "keep", "last", "limit"),
    *("map", "max", "mean", "pivot", "range", "reduce", "rename", "sort"),
}
"""Of Flux's universe package."""


def test_both_languages_ask_the_same_of_the_same_panels() -> None:
    def outline(language: Language) -> list[tuple[str, str, int]]:
        return [
            (panel.board, panel.title, len(panel.queries))
            for name in names(language.id)
            for panel in panels(language.id, name)
        ]

    assert outline(INFLUXQL) == outline(FLUX)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: f"{panel.board}: {panel.title}")
def test_flux_asks_for_fields_there_are(panel: Panel) -> None:
    for script in panel.queries:
        measurements = set(re.findall(r'r\._measurement == "([^"]+)"', script))
        (measurement,) = measurements
        asked = set(re.findall(r'r\._field == "([^"]+)"', script))
        assert asked
        assert asked <= fields()[measurement]


@pytest.mark.parametrize("name", names("influxql"))
def test_influxql_asks_for_fields_there_are(name: str) -> None:
    for panel in panels("influxql", name):
        for statement in panel.queries:
            (measurement,) = set(re.findall(r'FROM "([^"]+)"', statement))
            # What stands after AS is a name of the statement's own.
            own = set(re.findall(r'AS "([^"]+)"', statement))
            named = set(re.findall(r'"([^"]+)"', statement)) - own - {measurement}
            assert named <= fields()[measurement] | set(ALARM_TAGS)


@pytest.mark.parametrize("script", sorted(set(SCRIPTS)))
def test_flux_is_well_formed(script: str) -> None:
    code = re.sub(r'"[^"\n]*"', '""', re.sub(r"/\^\$\{\w+:regex\}\$/", '""', script))
    for opening, closing in ("()", "[]", "{}"):
        assert code.count(opening) == code.count(closing)
    assert _nests(code)
    piped = re.findall(r"\|>\s*(\w+)\(", code)
    assert code.count("|>") == len(piped)
    assert set(piped) <= FUNCTIONS
    assert set(re.findall(r"\bv\.(\w+)", code)) <= {
        *("defaultBucket", "timeRangeStart", "timeRangeStop", "windowPeriod"),
    }
    assert "$" not in code


def _nests(code: str) -> bool:
    pairs, open_ = {")": "(", "]": "[", "}": "{"}, []
    for sign in code:
        if sign in pairs.values():
            open_.append(sign)
        elif sign in pairs and (not open_ or open_.pop() != pairs[sign]):
            return False
    return not open_
