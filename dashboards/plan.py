"""The site plan with its markers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from nicegui import ui
from nicegui.events import GenericEventArguments

from dashboards.device_views import BADGES, DeviceView, Mark
from dashboards.panel import panel
from dashboards.plan_drawing import HEIGHT, MARKER_ID, WIDTH, draw_overlay, place_labels
from dashboards.texts import Texts
from gateway.site.model import Device

PICTURE = "/static/site_plan.svg"
MOST_NAMED = 10
"""Devices that are not on the plan."""


class Plan:
    """Built into the current container."""

    def __init__(
        self, texts: Texts, devices: Sequence[Device], on_select: Callable[[str], Awaitable[None]]
    ) -> None:
        self._devices = devices
        self._on_select = on_select
        self._labels = place_labels(devices, texts.language)
        with panel("plan", texts("plan.title")) as head:
            with head.row, ui.element("div").classes("legend"):
                for mark in Mark:
                    with ui.element("span").classes(f"key {mark}"):
                        ui.label(BADGES[mark] or "✓").classes("key-badge")
                        ui.label(texts(f"mark.{mark}"))
            self._image = ui.interactive_image(PICTURE, size=(WIDTH, HEIGHT), events=[])
            self._image.on("svg:pointerdown", self._select)
            if unplaced := unplaced_words(devices, texts):
                ui.label(unplaced).classes("quiet unplaced")

    def show(self, views: Mapping[str, DeviceView], selected: str | None) -> None:
        """By device id."""
        self._image.content = draw_overlay(self._devices, views, self._labels, selected)

    async def _select(self, event: GenericEventArguments) -> None:
        marker = str(event.args.get("element_id", ""))
        if marker.startswith(MARKER_ID):
            await self._on_select(marker.removeprefix(MARKER_ID))


def unplaced_words(devices: Sequence[Device], texts: Texts) -> str:
    """Which devices are not drawn: the first by name, the others counted."""
    names = [device.name.in_(texts.language) for device in devices if not device.position]
    if len(names) <= MOST_NAMED:
        return texts("plan.unplaced", names=", ".join(names)) if names else ""
    first, others = ", ".join(names[:MOST_NAMED]), len(names) - MOST_NAMED
    return texts("plan.unplaced_more", names=first, others=others)
