"""The table of all devices, live."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from dashboards.device_views import BADGES, DeviceView
from dashboards.panel import panel
from dashboards.texts import Texts
from gateway.model.rule import Priority


class DeviceTable:
    """Built into the current container. Rows are changed by transactions: scroll, sorting and
    focus stay where the person has them."""

    def __init__(
        self, texts: Texts, on_select: Callable[[str], Awaitable[None]], title: str | None = None
    ) -> None:
        self._texts = texts
        self._on_select = on_select
        self._rows: dict[str, DeviceView] = {}
        self._selected: str | None = None
        with panel("devices", title or texts("devices.title")):
            self._grid = ui.aggrid(_options(texts), theme="quartz", auto_size_columns=False)
            self._grid.classes("grid").on("selectionChanged", self._select, js_handler=self._told())

    def show(self, views: Iterable[DeviceView], selected: str | None) -> None:
        """Any devices; those not named stay as they are."""
        changed = [view for view in views if self._rows.get(view.id) != view]
        known = [view for view in changed if view.id in self._rows]
        new = [view for view in changed if view.id not in self._rows]
        self._rows.update((view.id, view) for view in changed)
        if changed:
            rows = {"add": [_row(v) for v in new], "update": [_row(v) for v in known]}
            self._grid.run_grid_method("applyTransaction", rows)
        if selected != self._selected and selected in self._rows:
            self._selected = selected
            self._grid.run_row_method(selected, "setSelected", True, True)

    async def _select(self, event: GenericEventArguments) -> None:
        """By mouse or keyboard (space)."""
        for device in event.args:
            if device != self._selected:
                self._selected = device
                await self._on_select(device)

    def _told(self) -> str:
        # The event does not say which row, and a page that is asked for it may be gone by then.
        rows = f"getElement({self._grid.id}).api.getSelectedRows()"
        return f"() => emit({rows}.map((row) => row.id))"


def _options(texts: Texts) -> dict[str, Any]:
    columns = (("name", 1.2), ("place", 1.1), ("state", 1.2), ("values", 2.8), ("trust", 0.7))
    return {
        "columnDefs": [
            *(
                {"field": field, "headerName": texts(f"devices.{field}"), "flex": flex}
                for field, flex in columns
            ),
            {"field": "heard", "headerName": texts("devices.heard"), "width": 92},
        ],
        "defaultColDef": {
            "sortable": True,
            "resizable": True,
            "suppressMovable": True,
            "wrapText": True,
            "autoHeight": True,
            "minWidth": 60,
        },
        "rowData": [],
        ":getRowId": "params => params.data.id",
        "rowSelection": {
            "mode": "singleRow",
            "checkboxes": False,
            "enableClickSelection": True,
        },
        "rowClassRules": {
            **{f"row-{mark}": f"data.mark === '{mark}'" for mark in BADGES},
            **{f"p{priority}": f"data.priority === {priority}" for priority in Priority},
        },
        "overlayNoRowsTemplate": texts("devices.none"),
        "headerHeight": 30,
        "rowHeight": 30,
        "loading": False,
        "animateRows": False,
    }


def _row(view: DeviceView) -> dict[str, str | int | None]:
    return {
        "id": view.id,
        "mark": view.mark,
        "priority": view.priority,
        "name": view.name,
        "place": view.place,
        "state": f"{BADGES[view.mark] or '✓'} {view.state}",
        "values": view.values,
        "trust": view.trust,
        "heard": view.heard,
    }
