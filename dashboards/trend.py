"""The last quarter of an hour of what the selected device measures."""

from nicegui import ui

from dashboards.access_views import watched
from dashboards.device_views import unit_words
from dashboards.panel import panel
from dashboards.places import Place
from dashboards.texts import Texts
from dashboards.told import told
from dashboards.trend_view import MOST_READINGS, SPAN, limits, number_points, trend_options
from gateway.errors import GatehouseError
from gateway.model.point import Point
from gateway.services import Services
from gateway.site.model import Device


class Trend:
    """Built into the current container."""

    def __init__(self, texts: Texts, services: Services) -> None:
        self._texts = texts
        self._services = services
        self._device: Device | None = None
        self._point: Point | None = None
        with panel("trend", texts("trend.title")) as head:
            self._heading = head.heading
            with head.row:
                self._choice = ui.element("div").classes("choice")
                self._way = ui.element("a").props(f'href="{Place.ACCESS}"').classes("tool")
                with self._way:
                    ui.label(texts("trend.command"))
            self._hint = ui.label(texts("trend.none")).classes("empty")
            self._chart = ui.echart({}, renderer="svg").classes("chart")
        self._way.set_visibility(False)
        self._show_hint(texts("trend.none"))

    async def show(self, device: Device | None) -> None:
        """The device's first number, or the one the person turned to, as it is now."""
        if device is not self._device:
            self._turn_to(device)
        if self._point is not None:
            await self._read(self._point)

    def _turn_to(self, device: Device | None) -> None:
        self._device = device
        points = () if device is None else number_points(device)
        self._point = points[0] if points else None
        name = "" if device is None else device.name.in_(self._texts.language)
        self._way.set_visibility(device is not None and bool(watched((device,))))
        self._heading.text = name or self._texts("trend.title")
        self._show_choice()
        if self._point is None:
            self._show_hint(self._texts("trend.none" if device is None else "trend.no_number"))

    async def _turn_to_point(self, point: Point) -> None:
        self._point = point
        self._show_choice()
        await self._read(point)

    def _show_choice(self) -> None:
        """A button for each number of the device; where there is but one, its name."""
        points = () if self._device is None else number_points(self._device)
        self._choice.clear()
        with self._choice:
            for point in points:
                words = f"{point.name.in_(self._texts.language)} {unit_words(point, self._texts)}"
                if len(points) == 1:
                    ui.label(words).classes("quiet")
                    continue
                button = ui.button(
                    words, color=None, on_click=lambda _, point=point: self._turn_to_point(point)
                )
                chosen = str(point is self._point).lower()
                button.props(f'no-caps unelevated dense aria-pressed="{chosen}"').classes("tool")

    async def _read(self, point: Point) -> None:
        services, texts = self._services, self._texts
        now = services.clock()
        try:
            found = await services.history.picture(point.id, now - SPAN, now, MOST_READINGS)
        except GatehouseError as error:
            if point is self._point:
                self._show_hint(told(error, texts.language).problem)
            return
        if point is not self._point:
            return  # the person has turned to another one meanwhile
        thresholds = limits(point, services.site.rules)
        zone = services.site.time_zone
        self._chart.options.clear()
        self._chart.options.update(trend_options(point, found, now, thresholds, zone, texts))
        self._chart.update()
        self._chart.set_visibility(True)
        self._hint.set_visibility(False)

    def _show_hint(self, words: str) -> None:
        self._hint.text = words
        self._hint.set_visibility(True)
        self._chart.set_visibility(False)
