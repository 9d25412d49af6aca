"""What every page has: the bar with the way to the others, the counts and the sound of new alarms,
the person's language. An alarm is seen and heard on each of them."""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from fastapi import Request
from nicegui import background_tasks, ui
from nicegui.events import KeyEventArguments

from dashboards.banner import Banner
from dashboards.board import Board, News
from dashboards.header import Header
from dashboards.moments import clock_time, to_next_second
from dashboards.places import Place
from dashboards.sign_in import PATH as SIGN_IN
from dashboards.texts import LOCALE, Texts, texts_in
from dashboards.workplace import Workplace
from gateway.api.guard import identify, place_of
from gateway.errors import GatehouseError
from gateway.feed import Changes, Subscription
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.rule import Priority
from gateway.model.text import Language
from gateway.security.identity import Identity, NotAllowed
from gateway.security.roles import Right
from gateway.services import Services

PAUSE_S: Final = 0.2
"""Between two looks at what has changed: a page changes at most five times a second."""

RETRY_S: Final = 1.0

_HEAD: Final = """
<link rel="stylesheet" href="/static/desk.css">
<script src="/static/sound.js"></script>
"""


class Page(Protocol):
    """What stands below the bar."""

    def build(self, texts: Texts) -> None:
        """Into the current container, empty."""

    async def show(self) -> None:
        """Everything, as it is now."""

    async def take(self, changes: Changes, news: News, /) -> None:
        """What has changed since; called once a second at least."""

    async def run(self) -> None:
        """What goes on beside, until cancelled."""

    async def press(self, key: str) -> None:
        """A key of the keyboard, outside of fields."""


MakePage = Callable[["Frame"], Page]


async def show_page(
    services: Services,
    request: Request,
    identity: Identity,
    workplace: Workplace,
    place: Place,
    make: MakePage,
) -> None:
    """Build the page, and keep it up to date until its browser is gone for good."""
    client = ui.context.client
    frame = Frame(services, request, identity, workplace, place, make)
    await client.connected()
    if client.is_deleted:
        return
    task = background_tasks.create(frame.follow(), name=f"{place} of {identity.user}")

    def stop() -> None:
        task.cancel()

    client.on_delete(stop)


class Frame:
    """One page of one person. `board` is what the desk has before it now."""

    def __init__(
        self,
        services: Services,
        request: Request,
        identity: Identity,
        workplace: Workplace,
        place: Place,
        make: MakePage,
    ) -> None:
        self.services = services
        self.workplace = workplace
        self.identity = identity
        self.board = Board((), ())
        self.client = ui.context.client
        self._request = request
        self._place = place
        self._page = make(self)
        ui.add_head_html(_HEAD)
        self._root = ui.element("div").classes("desk")
        ui.keyboard(self._on_key, repeating=False, ignore=["input", "select", "textarea"])
        self._build()

    async def follow(self) -> None:
        """Until the session ends, or cancelled. A page that stops for a fault of ours says so: one
        that merely stood still would be taken for quiet."""
        try:
            with self.services.feed.subscribe() as subscription:
                await self._first_look()
                async with asyncio.TaskGroup() as tasks:
                    beside = tasks.create_task(self._page.run(), name="beside")
                    while self.who() is not None:
                        await self._take(await self._changes(subscription))
                        await asyncio.sleep(PAUSE_S)
                    beside.cancel()
        except Exception:
            self._banner.show_stopped()
            raise
        self.client.open(SIGN_IN)

    def who(self) -> Identity | None:
        """Who is at the desk, as things are now."""
        identity = identify(self.services.accounts, self._request)
        return identity if identity is not None and Right.READ in identity.rights else None

    def actor(self, right: Right) -> Actor:
        """Who acts, for the records; NotAllowed when they may not (any more)."""
        identity = self.who()
        if identity is None or right not in identity.rights:
            raise NotAllowed("this act", "you may not do it (any more)", "ask an administrator")
        return Actor(identity.user, identity.role, place_of(self._request))

    async def _first_look(self) -> None:
        while True:
            try:
                desk = self.services.desk
                quiet = [each.alarm for each in await self.services.suppressions.quiet()]
                alarms = [*await desk.alarms(), *(alarm for alarm in quiet if alarm is not None)]
                self.board = Board(await desk.tickets(), alarms)
                break
            except GatehouseError as error:
                self._banner.show((str(error),), alarms_at_risk=True)
                await asyncio.sleep(RETRY_S)
        await self._show_everything()

    async def _changes(self, subscription: Subscription) -> Changes:
        """What has changed since, at the latest when the clock shows the next second."""
        try:
            async with asyncio.timeout(to_next_second(self.services.clock())):
                return await subscription.changes()
        except TimeoutError:
            return Changes()

    async def _take(self, changes: Changes) -> None:
        news = self.board.apply(changes)
        self._show_bar(self.services.clock())
        if news.raised:
            self._sound(news.raised)
        if news.tickets:
            self._header.show_counts(self.board.counts())
        await self._page.take(changes, news)

    def _sound(self, raised: Iterable[Alarm]) -> None:
        if self.workplace.sound:
            critical = any(alarm.priority is Priority.CRITICAL for alarm in raised)
            self.client.run_javascript(f"gatehouseSound.play({json.dumps(critical)})")

    def _build(self) -> None:
        language = self.workplace.language
        texts = texts_in(language)
        self.client.run_javascript(f"document.documentElement.lang = '{LOCALE[language]}'")
        self._root.clear()
        with self._root:
            self._header = Header(
                texts,
                self.services.site.name.in_(language),
                self.identity,
                self._place,
                sound=self.workplace.sound,
                on_sound=self._on_sound,
                on_language=self._on_language,
            )
            self._banner = Banner(texts, see_details=Right.SEE_HEALTH in self.identity.rights)
            self._page.build(texts)

    async def _show_everything(self) -> None:
        self._show_bar(self.services.clock())
        self._header.show_counts(self.board.counts())
        await self._page.show()

    def _show_bar(self, now: Micros) -> None:
        health = self.services.health()
        self._header.show_clock(clock_time(now, self.services.site.time_zone))
        self._header.show_health(len(health.faults))
        self._banner.show(health.faults, alarms_at_risk=health.alarms_at_risk)

    async def _on_key(self, event: KeyEventArguments) -> None:
        pressed = event.modifiers
        if event.action.keydown and not (pressed.ctrl or pressed.alt or pressed.meta):
            await self._page.press(event.key.name.lower())

    def _on_sound(self) -> None:
        self.workplace.sound = not self.workplace.sound
        self._header.show_sound(self.workplace.sound)

    async def _on_language(self, language: Language) -> None:
        self.workplace.language = language
        self._build()
        await self._show_everything()
