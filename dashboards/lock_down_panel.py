"""All doors of an area, or of the site, locked down in one act; and which are not shut."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from nicegui import ui

from dashboards.access_views import lock_down_fields, lock_down_views, not_shut_words
from dashboards.form import Answers, Form
from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.panel import panel
from dashboards.refusal import Refusal
from dashboards.texts import Texts
from gateway.access import proof
from gateway.access.authority import Asked, right_for
from gateway.access.lock_down import ACTIONS, Done
from gateway.errors import GatehouseError
from gateway.model.command import Action
from gateway.security.roles import Right
from gateway.site.model import Device

HEADS: Final = ("device", "place", "not_shut")

WHOLE_SITE: Final = "*"
"""In place of an area: no area is called so."""


class LockDownPanel:
    """Built into the current container; nothing to see on a site without doors."""

    def __init__(self, frame: Frame, texts: Texts) -> None:
        self._frame = frame
        self._services = frame.services
        self._texts = texts
        self._downs = frame.services.lock_downs
        self._doors = {door.id: door for door in self._downs.doors}
        with panel("lock-downs", texts("lock_down.title")) as head:
            with head.row, ui.element("div").classes("acts"):
                for action in ACTIONS:
                    if right_for(action) in frame.identity.rights:
                        self._button(texts(f"lock_down.{action}"), partial(self._ask, action))
            self._form = Form(texts, frame.services.site.time_zone)
            self._refusal = Refusal(texts)
            self._outcome = ui.element("div").props("role=status")
            heads = [texts(f"head.{head}") for head in HEADS]
            self._list = Listing("table-locked-down", texts("lock_down.doors"), heads, "")
        head.root.set_visibility(bool(self._doors))
        self.follow()

    def follow(self) -> None:
        """Which doors are locked down now."""
        rows = [self._row(door) for door in self._downs.locked_down()]
        self._list.root.set_visibility(bool(rows))
        self._list.show(rows)

    def _row(self, door: Device) -> Row:
        names = (text.in_(self._texts.language) for text in (door.name, door.place))
        return Row((*names, not_shut_words(self._downs.not_shut(door), door, self._texts)))

    def _button(self, word: str, on_click: Callable[[], Awaitable[None]]) -> None:
        button = ui.button(word, color=None, on_click=on_click)
        button.props("no-caps unelevated").classes("act")

    async def _ask(self, action: Action) -> None:
        areas = {WHOLE_SITE: self._texts("lock_down.site")}
        areas |= {area: area for area in self._downs.areas}
        settings = self._services.site.access
        fields = lock_down_fields(action, areas, WHOLE_SITE, settings, self._texts)
        self._refusal.show(None)
        self._form.ask(self._texts(f"lock_down.{action}"), fields, partial(self._send, action))

    async def _send(self, action: Action, answers: Answers) -> bool:
        """Whether it was done, so that the form is done with."""
        self._refusal.show(None)
        self._tell("waiting", self._texts("command.waiting"))
        try:
            done = await self._asked(action, answers)
        except GatehouseError as error:
            self._tell("", "")
            self._refusal.show(error)
            return False
        if done.refused is not None:
            self._tell("refused", self._texts.word("code", done.refused))
            return False
        self._tell(*lock_down_views(action, done.doors, self._doors, self._texts))
        self.follow()
        return True

    async def _asked(self, action: Action, answers: Answers) -> Done:
        who = self._frame.actor(Right.READ)  # whether they may is decided where it is on record
        area = answers["area"]
        shown = proof.Proof(
            answers.get("password"), answers.get("second"), answers.get("second_password")
        )
        ask = partial(self._downs.ask, None if area == WHOLE_SITE else area)
        asked = Asked("", action, answers["reason"])
        return await proof.ask(ask, self._services.accounts, asked, shown, who)

    def _tell(self, mark: str, head: str, *lines: str) -> None:
        self._outcome.clear()
        self._outcome.classes(replace=f"outcome {mark}" if head else "")
        with self._outcome:
            if head:
                ui.label(head).classes("outcome-head")
            for line in lines:
                ui.label(line)
