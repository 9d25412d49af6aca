"""Who went through where, and what else happened there, as it happens."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from nicegui import ui

from dashboards.event_words import event_who, event_words
from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.moments import moment
from dashboards.refusal import Refusal
from dashboards.texts import Texts
from gateway.access.event_log import Logged, Wanted
from gateway.errors import GatehouseError
from gateway.model.clock import MINUTE, Micros
from gateway.site.model import Device

HEADS: Final = ("when", "device", "what", "who", "outcome")
NEWEST: Final = 100
"""Events listed."""

LATE: Final[Micros] = MINUTE
"""An event that the gateway learned of later than this says when that was."""

CSV_PATH: Final = "/api/v1/access-events.csv"


class AccessLog:
    """Built into the current container."""

    def __init__(self, frame: Frame, texts: Texts) -> None:
        self._services = frame.services
        self._texts = texts
        self._zone = frame.services.site.time_zone
        self._devices = {device.id: device for device in frame.services.site.devices}
        self._device: str | None = None
        self._count = -1
        heads = [texts(f"head.{head}") for head in HEADS]
        self._list = Listing(
            "table-events", texts("access.log"), heads, texts("access.no_events"), counted=False
        )
        with self._list.head.row, ui.element("div").classes("choice"):
            self._who = ui.input(placeholder=texts("access.find"), on_change=self._look_anew)
            self._who.props(f'dark outlined dense debounce=300 aria-label="{texts("access.find")}"')
            self._only = ui.checkbox(texts("access.only"), on_change=self._look_anew)
            self._only.props("dark dense")
            self._csv = ui.element("a").props("download").classes("tool")
            with self._csv:
                ui.label("CSV")
        self._refusal = Refusal(texts)

    async def show(self, device: str | None) -> None:
        """The newest, as they are now; `device` is the one chosen on the page."""
        if device != self._device or self._count < 0:
            self._device = device
            await self._look_anew()

    async def follow(self) -> None:
        """Whatever has come since."""
        if self._services.access_log.count != self._count:
            await self._look()

    async def _look_anew(self) -> None:
        wanted = self._wanted
        asked = {"device": wanted.device, "who": wanted.who}
        query = urlencode({key: said for key, said in asked.items() if said})
        self._csv.props["href"] = f"{CSV_PATH}?{query}"
        self._csv.update()
        await self._look()

    async def _look(self) -> None:
        wanted, log = self._wanted, self._services.access_log
        self._count = log.count
        try:
            found = await log.newest(wanted, NEWEST)
        except GatehouseError as error:
            self._refusal.show(error)
            return
        self._refusal.show(None)
        if wanted == self._wanted:
            now = self._services.clock()
            self._list.show(
                [event_row(each, self._devices, now, self._zone, self._texts) for each in found]
            )

    @property
    def _wanted(self) -> Wanted:
        who = (self._who.value or "").strip()
        return Wanted(self._device if self._only.value else None, who or None)


def event_row(
    event: Logged, devices: Mapping[str, Device], now: Micros, zone: ZoneInfo, texts: Texts
) -> Row:
    """One line: when by the device's clock, and when by the gateway's where that was later."""
    device = devices.get(event.device)
    points = () if device is None else device.points
    point = next((point for point in points if point.id == event.point), None)
    when = moment(event.taken_at, now, zone)
    if event.received_at - event.taken_at > LATE:
        when = texts("access.late", when=when, heard=moment(event.received_at, now, zone))
    cells = (
        when,
        event.device if device is None else device.name.in_(texts.language),
        event.point if point is None else point.name.in_(texts.language),
        event_who(event.value, device, texts),
        event_words(event.value, devices, texts),
    )
    return Row(cells)
