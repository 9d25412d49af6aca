"""Doors, barriers, zones and lamps: how each stands, what is asked of them, who went through."""

import asyncio
from collections.abc import Iterable
from typing import Final

from nicegui import ui

from dashboards.access_card import AccessCard
from dashboards.access_log import AccessLog
from dashboards.access_views import watched
from dashboards.board import News
from dashboards.camera_view import LOOK_EVERY_S
from dashboards.device_table import DeviceTable
from dashboards.device_views import device_view
from dashboards.frame import Frame
from dashboards.lock_down_panel import LockDownPanel
from dashboards.roll_panel import RollPanel
from dashboards.texts import Texts
from gateway.feed import Changes
from gateway.model.clock import SECOND, Micros

REFRESH_EVERY: Final[Micros] = 2 * SECOND


class AccessPage:
    """A Page. The device chosen is the one chosen at the desk."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._services = frame.services
        self._workplace = frame.workplace
        self._devices = {device.id: device for device in watched(frame.services.site.devices)}
        self._shown_at: Micros = 0

    def build(self, texts: Texts) -> None:
        """See Page."""
        self._texts = texts
        with ui.element("div").classes("columns access-page"):
            with ui.element("div").classes("left"):
                self._lock_downs = LockDownPanel(self._frame, texts)
                self._table = DeviceTable(texts, self._on_device, texts("access.title"))
                self._log = AccessLog(self._frame, texts)
            with ui.element("div").classes("beside"):
                self._card = AccessCard(self._frame, texts)
                self._roll = RollPanel(self._frame, texts, self._card.forgive)

    async def show(self) -> None:
        """See Page."""
        if self._workplace.device not in self._devices:
            self._workplace.device = next(iter(self._devices), None)
        self._show_devices(self._devices)
        self._roll.show(self._devices.get(self._workplace.device or ""))
        await self._card.show(self._devices.get(self._workplace.device or ""))
        await self._log.show(self._workplace.device)

    async def take(self, changes: Changes, _news: News, /) -> None:
        """See Page."""
        heard = {reading.device for reading in changes.readings}
        self._show_devices(heard | {alarm.device for alarm in changes.alarms})
        self._card.show_states()
        await self._log.follow()
        if self._services.clock() - self._shown_at > REFRESH_EVERY:
            self._shown_at = self._services.clock()
            self._roll.follow()
            self._lock_downs.follow()
            await self._card.show_commands()

    async def run(self) -> None:
        """What the device's cameras see, apart from all else."""
        while True:
            await self._card.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def press(self, key: str) -> None:
        """See Page."""

    def _show_devices(self, changed: Iterable[str]) -> None:
        board, texts = self._frame.board, self._texts
        active, quiet = board.active_at(), board.quiet_at()
        views = [
            device_view(
                self._devices[id_],
                self._services.live.latest,
                active.get(id_),
                quiet.get(id_),
                now=self._services.clock(),
                zone=self._services.site.time_zone,
                texts=texts,
            )
            for id_ in changed
            if id_ in self._devices
        ]
        self._table.show(views, self._workplace.device)

    async def _on_device(self, device: str) -> None:
        self._workplace.device = device
        self._roll.show(self._devices[device])
        await self._card.show(self._devices[device])
        await self._log.show(device)
