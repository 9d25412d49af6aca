"""The committed files, as Grafana will read them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.grafana.boards import boards
from dashboards.grafana.build import files
from dashboards.grafana.kind_panels import row_of
from dashboards.grafana.languages import LANGUAGES, TYPE, Language
from dashboards.grafana.panels import Ask, Drawing
from dashboards.grafana.questions import Newest
from dashboards.grafana.schema import Kind, Point, kinds
from gateway.model.point import PointKind
from gateway.model.text import Text
from tests.dashboards.grafana.grafana import FOLDER, board, names

PROVISIONING = FOLDER / "provisioning"

ALL = [(language, name) for language in LANGUAGES for name in names(language.id)]


def test_the_committed_files_are_those_the_code_makes() -> None:
    committed = {
        f"{language.id}/{name}.json": (FOLDER / language.id / f"{name}.json").read_text("utf-8")
        for language, name in ALL
    }
    assert committed == dict(files()), "write them anew: make dashboards"


def test_every_bundled_kind_stands_on_a_dashboard() -> None:
    shown = {measurement for board in boards() for measurement in board.measurements}
    assert kinds().keys() <= shown


def test_a_text_stands_in_a_table_as_the_device_says_it() -> None:
    name = Text("Meter", "电表")
    serial = Point("serial", PointKind.TEXT, Text("Serial", "序列号"))
    panel, _ = row_of(Kind("meter", name, (serial,))).panels
    assert (panel.drawing, panel.asks) == (Drawing.TABLE, (Ask(Newest("meter", ("serial",))),))


def test_no_two_dashboards_are_taken_for_one() -> None:
    made = [board(language.id, name) for language, name in ALL]
    for key in ("uid", "title"):
        per_language = Counter((one[key], one["tags"][-1]) for one in made)
        assert set(per_language.values()) == {1}
    uids = [one["uid"] for one in made]
    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in uids)


@pytest.mark.parametrize(("language", "name"), ALL)
def test_grafanas_own_types_know_everything_in_a_dashboard(language: Language, name: str) -> None:
    register_default_plugins()
    committed = board(language.id, name)
    understood = json.dumps(Dashboard.from_json(committed), cls=JSONEncoder)
    assert _is_in(committed, json.loads(understood))


@pytest.mark.parametrize(("language", "name"), ALL)
def test_a_dashboard_names_the_provisioned_data_source_only(language: Language, name: str) -> None:
    named = list(_under("datasource", board(language.id, name)))
    assert named
    assert all(one == {"type": TYPE, "uid": language.datasource} for one in named)


@pytest.mark.parametrize(("language", "name"), ALL)
def test_panels_have_ids_of_their_own_and_do_not_overlap(language: Language, name: str) -> None:
    panels = board(language.id, name)["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(set(ids)) == len(ids)
    covered = Counter(cell for panel in panels for cell in _cells(panel["gridPos"]))
    assert max(covered.values()) == 1
    assert max(x for x, _ in covered) < 24


def test_the_data_sources_are_those_the_dashboards_name() -> None:
    uids = {}
    for file in (PROVISIONING / "datasources").iterdir():
        (source,) = _yaml(file)["datasources"]
        uids[file.stem] = (source["uid"], source["jsonData"]["version"])
        assert source["type"] == TYPE
        assert not any("password" in key or "token" in key for key in source["jsonData"])
    assert uids == {
        "influxdb-1": ("gatehouse-influxql", "InfluxQL"),
        "influxdb-2": ("gatehouse-flux", "Flux"),
        "influxdb-3": ("gatehouse-influxql", "InfluxQL"),
    }
    assert {uid for uid, _ in uids.values()} == {language.datasource for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dashboards_of_each_language_are_provided(language: Language) -> None:
    (provider,) = _yaml(PROVISIONING / "dashboards" / f"{language.id}.yaml")["providers"]
    assert provider["type"] == "file"
    assert Path(provider["options"]["path"]).name == language.id


def _is_in(said: object, understood: object) -> bool:
    """Whether all of it is there again; what is not said may have got its default."""
    if isinstance(said, dict) and isinstance(understood, dict):
        return all(key in understood and _is_in(said[key], understood[key]) for key in said)
    if isinstance(said, list) and isinstance(understood, list):
        pairs = zip(said, understood, strict=False)
        return len(said) == len(understood) and all(_is_in(*pair) for pair in pairs)
    return said == understood


def _yaml(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    assert read["apiVersion"] == 1
    return read


def _under(key: str, node: object) -> list[object]:
    """Every value of that key, at any depth."""
    if isinstance(node, dict):
        own = [node[key]] if key in node else []
        return own + [found for value in node.values() for found in _under(key, value)]
    if isinstance(node, list):
        return [found for value in node for found in _under(key, value)]
    return []


def _cells(at: dict[str, int]) -> list[tuple[int, int]]:
    columns, rows = range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
    return [(x, y) for x in columns for y in rows]
