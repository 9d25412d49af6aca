"""The duty desk: one page, live, for one person."""

import asyncio
import json
from collections.abc import Iterable
from typing import Final

from fastapi import Request
from nicegui import background_tasks, ui
from nicegui.events import KeyEventArguments

from dashboards.banner import Banner
from dashboards.board import Board
from dashboards.device_table import DeviceTable
from dashboards.device_views import DeviceView, device_view
from dashboards.header import Header
from dashboards.moments import clock_time, to_next_second
from dashboards.opened_ticket import OpenedTicket
from dashboards.plan import Plan
from dashboards.sign_in import PATH as SIGN_IN
from dashboards.texts import LOCALE, texts_in
from dashboards.ticket_list import TicketList
from dashboards.ticket_views import card, has_snapshot
from dashboards.trend import Trend
from dashboards.workplace import Workplace
from gateway.api.guard import identify, place_of
from gateway.errors import GatehouseError
from gateway.feed import Changes, Subscription
from gateway.model.alarm import Alarm
from gateway.model.clock import SECOND, Micros
from gateway.model.rule import Priority
from gateway.model.text import Language
from gateway.model.ticket import Act
from gateway.security.identity import Identity
from gateway.security.roles import Right
from gateway.services import Services

PAUSE_S: Final = 0.2
"""Between two looks at what has changed: a page changes at most five times a second."""

RETRY_S: Final = 1.0
TREND_EVERY_S: Final = 5.0
AGES_EVERY: Final[Micros] = 5 * SECOND

_HEAD: Final = """
<link rel="stylesheet" href="/static/desk.css">
<script src="/static/sound.js"></script>
"""


async def show_desk(
    services: Services, request: Request, identity: Identity, workplace: Workplace
) -> None:
    """Build the page, and keep it up to date until its browser is gone for good."""
    client = ui.context.client
    desk = DutyDesk(services, request, identity, workplace)
    await client.connected()
    if client.is_deleted:
        return
    task = background_tasks.create(desk.follow(), name=f"desk of {identity.user}")

    def stop() -> None:
        task.cancel()

    client.on_delete(stop)


class DutyDesk:
    """Puts what the gateway tells on the page, and what the person does to the gateway."""

    def __init__(
        self, services: Services, request: Request, identity: Identity, workplace: Workplace
    ) -> None:
        self._services = services
        self._site = services.site
        self._request = request
        self._identity = identity
        self._workplace = workplace
        self._client = ui.context.client
        self._devices = {device.id: device for device in services.site.devices}
        self._board = Board((), ())
        ui.add_head_html(_HEAD)
        self._root = ui.element("div").classes("desk")
        ui.keyboard(self._on_key, repeating=False, ignore=["input", "select", "textarea"])
        self._build()

    async def follow(self) -> None:
        """Until the session ends, or cancelled. A page that stops for a fault of ours says so: one
        that merely stood still would be taken for quiet."""
        try:
            with self._services.feed.subscribe() as subscription:
                await self._first_look()
                async with asyncio.TaskGroup() as tasks:
                    trend = tasks.create_task(self._keep_trend(), name="trend")
                    while self._who() is not None:
                        await self._take(await self._changes(subscription))
                        await asyncio.sleep(PAUSE_S)
                    trend.cancel()
        except Exception:
            self._banner.show_stopped()
            raise
        self._client.open(SIGN_IN)

    # --- what the gateway tells ------------------------------------------------------------------

    async def _first_look(self) -> None:
        while True:
            try:
                desk = self._services.desk
                self._board = Board(await desk.tickets(), await desk.alarms())
                break
            except GatehouseError as error:
                self._banner.show((str(error),), alarms_at_risk=True)
                await asyncio.sleep(RETRY_S)
        await self._show_everything()

    async def _changes(self, subscription: Subscription) -> Changes:
        """What has changed since, at the latest when the clock shows the next second."""
        try:
            async with asyncio.timeout(to_next_second(self._services.clock())):
                return await subscription.changes()
        except TimeoutError:
            return Changes()

    async def _take(self, changes: Changes) -> None:
        now = self._services.clock()
        news = self._board.apply(changes)
        self._show_bar(now)
        heard = {reading.device for reading in changes.readings}
        self._show_devices(heard | {alarm.device for alarm in changes.alarms})
        if news.raised:
            self._sound(news.raised)
            self._turn_to(news.raised, now)
        if news.tickets or now - self._ages_at > AGES_EVERY:
            self._show_tickets(now)
        if self._workplace.ticket in news.tickets or not self._opened.is_selected:
            await self._opened.show()

    async def _keep_trend(self) -> None:
        """Apart from all else: no alarm waits for history."""
        while True:
            await self._show_trend()
            await asyncio.sleep(TREND_EVERY_S)

    def _sound(self, raised: Iterable[Alarm]) -> None:
        if self._workplace.sound:
            critical = any(alarm.priority is Priority.CRITICAL for alarm in raised)
            self._client.run_javascript(f"gatehouseSound.play({json.dumps(critical)})")

    def _turn_to(self, raised: Iterable[Alarm], now: Micros) -> None:
        """A breach's picture comes up by itself, unless the person is at something else."""
        if self._workplace.is_busy(now):
            return
        for alarm in raised:
            pictured = alarm.priority is Priority.CRITICAL and has_snapshot(alarm)
            if alarm.ticket is not None and (pictured or self._workplace.ticket is None):
                self._workplace.ticket, self._workplace.device = alarm.ticket, alarm.device
                self._show_selection()

    # --- what the page shows -----------------------------------------------------------------

    def _build(self) -> None:
        language = self._workplace.language
        self._texts = texts = texts_in(language)
        self._views: dict[str, DeviceView] = {}
        self._ages_at: Micros = 0
        self._client.run_javascript(f"document.documentElement.lang = '{LOCALE[language]}'")
        rights = self._identity.rights
        self._root.clear()
        with self._root:
            self._header = Header(
                texts,
                self._site.name.in_(language),
                self._identity,
                sound=self._workplace.sound,
                on_sound=self._on_sound,
                on_language=self._on_language,
            )
            self._banner = Banner(texts, see_details=Right.SEE_HEALTH in rights)
            with ui.element("div").classes("columns"):
                self._list = TicketList(texts, self._on_ticket)
                with ui.element("div").classes("centre"):
                    self._plan = Plan(texts, self._site.devices, self._on_device)
                    self._table = DeviceTable(texts, self._on_device)
                with ui.element("div").classes("right"):
                    self._opened = OpenedTicket(
                        self._services,
                        self._workplace,
                        texts,
                        self._devices,
                        may_work=Right.WORK in rights,
                        who=self._who,
                        place=place_of(self._request),
                    )
                    self._trend = Trend(texts, self._services)

    async def _show_everything(self) -> None:
        now = self._services.clock()
        if self._workplace.ticket is None and self._board.tickets:
            first = self._board.tickets[0]
            self._workplace.ticket, self._workplace.device = first.number, first.device
        self._show_bar(now)
        self._show_devices(self._devices)
        self._show_tickets(now)
        await self._opened.show()

    def _show_bar(self, now: Micros) -> None:
        health = self._services.health()
        self._header.show_clock(clock_time(now, self._site.time_zone))
        self._header.show_health(len(health.faults))
        self._banner.show(health.faults, alarms_at_risk=health.alarms_at_risk)

    def _show_tickets(self, now: Micros) -> None:
        self._ages_at = now
        self._header.show_counts(self._board.counts())
        self._list.show(
            [
                card(
                    ticket,
                    self._board.alarms_on(ticket.number),
                    selected=ticket.number == self._workplace.ticket,
                    now=now,
                    zone=self._site.time_zone,
                    texts=self._texts,
                )
                for ticket in self._board.tickets
            ]
        )

    def _show_devices(self, changed: Iterable[str]) -> None:
        active = self._board.active_at()
        views = {
            id_: device_view(
                self._devices[id_],
                self._services.live.latest,
                active.get(id_),
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

    def _who(self) -> Identity | None:
        """Who is at the desk, as things are now."""
        identity = identify(self._services.accounts, self._request)
        return identity if identity is not None and Right.READ in identity.rights else None

    async def _on_ticket(self, number: int) -> None:
        ticket = self._board.ticket(number)
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

    async def _on_key(self, event: KeyEventArguments) -> None:
        pressed = event.modifiers
        if not event.action.keydown or pressed.ctrl or pressed.alt or pressed.meta:
            return
        key = event.key.name.lower()
        if key == "a":
            await self._opened.act(Act.ACKNOWLEDGE)
        elif key in ("j", "k"):
            await self._step(1 if key == "j" else -1)

    async def _step(self, by: int) -> None:
        numbers = [ticket.number for ticket in self._board.tickets]
        if numbers:
            at = self._workplace.ticket
            index = numbers.index(at) + by if at in numbers else 0
            await self._on_ticket(numbers[max(0, min(index, len(numbers) - 1))])

    def _on_sound(self) -> None:
        self._workplace.sound = not self._workplace.sound
        self._header.show_sound(self._workplace.sound)

    async def _on_language(self, language: Language) -> None:
        self._workplace.language = language
        self._build()
        await self._show_everything()
        await self._show_trend()
