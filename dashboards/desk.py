"""The duty desk: tickets, the plan of the estate, the opened ticket and a trend."""

import asyncio
from collections.abc import Iterable
from typing import Final

from nicegui import ui

from dashboards.board import News
from dashboards.camera_view import LOOK_EVERY_S
from dashboards.device_table import DeviceTable
from dashboards.device_views import DeviceView, device_view
from dashboards.frame import Frame
from dashboards.moments import clock_time
from dashboards.opened_ticket import OpenedTicket
from dashboards.plan import Plan
from dashboards.texts import Texts
from dashboards.ticket_details import seen_by
from dashboards.ticket_list import TicketList
from dashboards.ticket_views import card, has_snapshot, priority_word
from dashboards.trend import Trend
from gateway.alarms.collapse import Collapsed
from gateway.errors import GatehouseError
from gateway.feed import Changes
from gateway.model.alarm import Alarm
from gateway.model.clock import SECOND, Micros
from gateway.model.rule import Priority
from gateway.model.ticket import Act, Ticket

TREND_EVERY_S: Final = 5.0
AGES_EVERY: Final[Micros] = 5 * SECOND


class DutyDesk:
    """Puts what the gateway tells on the page, and what the person does to the gateway."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._services = frame.services
        self._site = frame.services.site
        self._workplace = frame.workplace
        self._devices = {device.id: device for device in self._site.devices}
        self._flood: Collapsed | None = None
        self._shows_all = False

    # --- what the gateway tells ------------------------------------------------------------------

    async def take(self, changes: Changes, news: News) -> None:
        """See Page."""
        now = self._services.clock()
        heard = {reading.device for reading in changes.readings}
        self._show_devices(heard | {alarm.device for alarm in changes.alarms})
        if news.raised:
            self._turn_to(news.raised, now)
        if news.tickets or (self._flood is not None and now - self._ages_at > AGES_EVERY):
            await self._look_at_flood()
        if news.tickets or now - self._ages_at > AGES_EVERY:
            self._show_tickets(now)
        if self._workplace.ticket in news.tickets or not self._opened.is_selected:
            await self._opened.show()

    async def run(self) -> None:
        """The trend and what cameras see, apart from all else: no alarm waits for either."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_trend(), name="trend")
            tasks.create_task(self._look_by_cameras(), name="cameras")

    async def _follow_trend(self) -> None:
        while True:
            await self._show_trend()
            await asyncio.sleep(TREND_EVERY_S)

    async def _look_by_cameras(self) -> None:
        while True:
            await self._opened.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def _turn_to(self, raised: Iterable[Alarm], now: Micros) -> None:
        """A breach's picture comes up by itself, unless the person is at something else."""
        if self._workplace.is_busy(now):
            return
        for alarm in raised:
            pictured = alarm.priority is Priority.CRITICAL and self._is_seen(alarm)
            if alarm.ticket is not None and (pictured or self._workplace.ticket is None):
                self._workplace.ticket, self._workplace.device = alarm.ticket, alarm.device
                self._show_selection()

    def _is_seen(self, alarm: Alarm) -> bool:
        return has_snapshot(alarm) or bool(seen_by(self._devices.get(alarm.device), self._devices))

    # --- what the page shows -----------------------------------------------------------------

    def build(self, texts: Texts) -> None:
        """See Page."""
        self._texts = texts
        self._views: dict[str, DeviceView] = {}
        self._ages_at: Micros = 0
        with ui.element("div").classes("columns"):
            self._list = TicketList(self._frame, texts, self._on_ticket)
            with ui.element("div").classes("right"):  # the next after the list by the Tab key
                self._opened = OpenedTicket(self._frame, texts, self._devices)
                self._trend = Trend(texts, self._services)
            with ui.element("div").classes("centre"):
                self._plan = Plan(texts, self._site.devices, self._on_device)
                self._table = DeviceTable(texts, self._on_device)

    async def show(self) -> None:
        """See Page."""
        board = self._frame.board
        if self._workplace.ticket is None and board.tickets:
            first = board.tickets[0]
            self._workplace.ticket, self._workplace.device = first.number, first.device
        self._show_devices(self._devices)
        await self._look_at_flood()
        self._show_tickets(self._services.clock())
        await self._opened.show()
        await self._show_trend()

    def _show_tickets(self, now: Micros) -> None:
        self._ages_at = now
        self._list.show(
            [
                card(
                    ticket,
                    self._frame.board.alarms_on(ticket.number),
                    self._devices,
                    selected=ticket.number == self._workplace.ticket,
                    now=now,
                    zone=self._site.time_zone,
                    texts=self._texts,
                )
                for ticket in self._listed()
            ]
        )

    async def _look_at_flood(self) -> None:
        try:
            self._flood = await self._services.performance.flood()
        except GatehouseError:
            self._flood = None  # then all are listed; the banner tells what is wrong
        flood = self._flood
        words = None
        if flood is not None:
            since = clock_time(flood.flood.began_at, self._site.time_zone)
            counts = ", ".join(
                f"{priority_word(priority, self._texts)} {count}"
                for priority, count in sorted(flood.counts.items())
            )
            words = self._texts("flood.words", since=since, counts=counts or "0")
        self._list.show_flood(words, self._on_flood)

    def _on_flood(self) -> None:
        self._shows_all = not self._shows_all
        self._show_tickets(self._services.clock())

    def _listed(self) -> list[Ticket]:
        """All tickets, but for those a flood makes a count of; the one the person has chosen is
        always among them."""
        tickets = self._frame.board.tickets
        if self._flood is None or self._shows_all:
            return tickets
        hidden = set(self._flood.tickets) - {self._workplace.ticket}
        return [ticket for ticket in tickets if ticket.number not in hidden]

    def _show_devices(self, changed: Iterable[str]) -> None:
        active, quiet = self._frame.board.active_at(), self._frame.board.quiet_at()
        views = {
            id_: device_view(
                self._devices[id_],
                self._services.live.latest,
                active.get(id_),
                quiet.get(id_),
                now=self._services.clock(),
                zone=self._site.time_zone,
                texts=self._texts,
            )
            for id_ in changed
            if id_ in self._devices
        }
        if views:
            self._views.update(views)
            self._table.show(views.values(), self._workplace.device)
            self._plan.show(self._views, self._workplace.device)

    def _show_selection(self) -> None:
        self._show_tickets(self._services.clock())
        self._table.show((), self._workplace.device)
        self._plan.show(self._views, self._workplace.device)

    async def _show_trend(self) -> None:
        await self._trend.show(self._devices.get(self._workplace.device or ""))

    # --- what the person does ----------------------------------------------------------------

    async def _on_ticket(self, number: int) -> None:
        ticket = self._frame.board.ticket(number)
        self._workplace.choose(number, self._services.clock())
        if ticket is not None and ticket.device in self._devices:
            self._workplace.device = ticket.device
        self._show_selection()
        await self._opened.show()
        await self._show_trend()

    async def _on_device(self, device: str) -> None:
        self._workplace.device = device
        self._show_selection()
        await self._show_trend()

    async def press(self, key: str) -> None:
        """See Page."""
        if key == "a":
            await self._opened.act(Act.ACKNOWLEDGE)
        elif key in ("j", "k"):
            await self._step(1 if key == "j" else -1)

    async def _step(self, by: int) -> None:
        numbers = [ticket.number for ticket in self._listed()]
        if numbers:
            at = self._workplace.ticket
            index = numbers.index(at) + by if at in numbers else 0
            await self._on_ticket(numbers[max(0, min(index, len(numbers) - 1))])
