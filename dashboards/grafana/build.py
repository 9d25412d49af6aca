"""Dashboards as the text of their files."""

import json
from collections.abc import Iterator

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from dashboards.grafana.boards import boards
from dashboards.grafana.drawing import draw, source, title
from dashboards.grafana.languages import LANGUAGES, Language
from dashboards.grafana.panels import Board
from dashboards.grafana.schema import TAGS
from gateway.model.text import Text

NAMES = {
    "site": Text("Site", "小区"),
    "area": Text("Area", "区域"),
    "device": Text("Device", "设备"),
}


def files() -> Iterator[tuple[str, str]]:
    """Path below this folder, and text, of every dashboard in every language."""
    for language in LANGUAGES:
        for board in boards():
            made = dashboard_of(board, language).build()
            text = json.dumps(made, cls=JSONEncoder, indent=1, ensure_ascii=False)
            yield f"{language.id}/{board.id}.json", f"{text}\n"


def dashboard_of(board: Board, language: Language) -> build.Dashboard:
    """The whole page: what can be chosen, rows, panels."""
    page = (
        build.Dashboard(f"Gatehouse: {title(board.title)}")
        .uid(f"gatehouse-{board.id}-{language.id}")
        .tags(["gatehouse", language.id])
        .readonly()
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .time(f"now-{board.span}", "now")
        .refresh("30s")
        .timezone("browser")
        .link(_to_the_others(language))
    )
    for tag in ("site",) if board.of_site else TAGS:
        page.with_variable(_choice(tag, board, language))
    ids = iter(range(1, 1_000))
    for row in board.rows:
        page.with_row(build.Row(title(row.title)).id(next(ids)))
        for panel in row.panels:
            page.with_panel(draw(panel, next(ids), language))
    return page


def _choice(tag: str, board: Board, language: Language) -> build.QueryVariable:
    everything = dashboard.VariableOption(selected=True, text="All", value="$__all")
    return (
        build.QueryVariable(tag)
        .label(title(NAMES[tag]))
        .datasource(source(language))
        .query(language.tag_values(tag, board.measurements if tag == "device" else ()))
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.NATURAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(everything)
    )


def _to_the_others(language: Language) -> build.DashboardLink:
    links = build.DashboardLink("Gatehouse").type(dashboard.DashboardLinkType.DASHBOARDS)
    return (
        links.tags(["gatehouse", language.id]).include_vars(True).keep_time(True).as_dropdown(True)
    )
