"""One door, barrier, zone or lamp: how it stands, what it can be asked to do, what came of it."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from nicegui import ui

from dashboards.access_views import (
    OutcomeView,
    command_row,
    fields_of,
    is_silent,
    offered,
    outcome_view,
    settable,
    state_views,
    value_field,
)
from dashboards.camera_view import CameraView
from dashboards.device_views import BADGES, Mark
from dashboards.form import Answers, Form
from dashboards.frame import Frame
from dashboards.listing import Listing
from dashboards.panel import panel
from dashboards.refusal import Refusal
from dashboards.texts import Texts
from dashboards.ticket_details import seen_by
from dashboards.zone_lines import EVERY, LineView, line_row, line_views, which_lines
from dashboards.zone_lines import HEADS as LINE_HEADS
from gateway.access import proof
from gateway.access.authority import Asked
from gateway.access.roll_call import Present
from gateway.errors import GatehouseError
from gateway.model.command import Action, Outcome, Result
from gateway.security.roles import Right
from gateway.site.model import Device

HEADS: Final = ("when", "what", "who", "reason", "outcome")
NEWEST: Final = 30
"""Commands listed."""


class AccessCard:
    """Built into the current container. A command that waits for its confirmation keeps nobody from
    turning to another device: how it came out is told wherever the person is by then."""

    def __init__(self, frame: Frame, texts: Texts) -> None:
        self._frame = frame
        self._services = frame.services
        self._texts = texts
        self._zone = frame.services.site.time_zone
        self._devices = {device.id: device for device in frame.services.site.devices}
        self._device: Device | None = None
        self._waiting: set[str] = set()
        self._shown: object = None
        self._offered: object = None
        with panel("access-card", texts("access.device")) as head:
            self._heading = head.heading
            with ui.element("div").classes("access-body").props('tabindex="0"'):
                self._cameras = CameraView(frame.services.stills, self._zone, texts)
                self._states = ui.element("dl").classes("states")
                self._doubt = ui.label(texts("access.offline")).classes("late")
                self._acts = ui.element("div").classes("acts")
                self._form = Form(texts, self._zone)
                self._refusal = Refusal(texts)
                self._outcome = ui.element("div").props("role=status")
                heads = [texts(f"head.{head}") for head in LINE_HEADS]
                self._lines = Listing(
                    "table-lines", texts("zone_line.title"), heads, texts("zone_line.none")
                )
                heads = [texts(f"head.{head}") for head in HEADS]
                self._commands = Listing(
                    "table-commands", texts("access.commands"), heads, texts("access.no_commands")
                )
        self._doubt.set_visibility(False)
        self._lines.root.set_visibility(False)

    async def show(self, device: Device | None) -> None:
        """Turn to that device."""
        if device is not self._device:
            self._device, self._shown = device, None
            self._form.close()
            self._refusal.show(None)
            self._lines.root.set_visibility(device is not None and device.zone is not None)
        if device is not None:
            self._heading.text = " · ".join(
                text.in_(self._texts.language) for text in (device.name, device.place)
            )
            self._cameras.show(seen_by(device, self._devices))
            self.show_states()
            await self.show_commands()

    async def look(self) -> None:
        """By its cameras, once."""
        await self._cameras.look()

    def show_states(self) -> None:
        """How the device stands now."""
        device = self._device
        if device is None:
            return
        newest = self._services.live.latest
        views = state_views(device, newest, self._services.clock(), self._zone, self._texts)
        self._show_acts(device)
        if views == self._shown:
            return
        self._shown = views
        commandable = any(self._offers(device))
        self._doubt.set_visibility(commandable and is_silent(device, newest))
        self._states.clear()
        with self._states:
            for view in views:
                with ui.element("div").classes(f"state-of {view.mark}"):
                    with ui.element("dt"):
                        ui.label(view.name)
                    with ui.element("dd"):
                        badge = BADGES[view.mark] if view.mark is not Mark.NORMAL else ""
                        ui.label(f"{badge} {view.said}".strip()).classes("said")
                        ui.label(view.since).classes("quiet")

    async def show_commands(self) -> None:
        """What was asked of it lately."""
        device = self._device
        if device is None:
            return
        try:
            newest = await self._services.commands.newest(NEWEST, device.id)
            lines = await self._line_views(device)
        except GatehouseError as error:
            self._refusal.show(error)
            return
        if device is self._device:
            now = self._services.clock()
            self._commands.show(
                [command_row(each, device, now, self._zone, self._texts) for each in newest]
            )
            self._lines.show([line_row(line) for line in lines])

    async def _line_views(self, device: Device) -> tuple[LineView, ...]:
        if device.zone is None:
            return ()
        bypassed = await self._services.bypasses.lines(device.id)
        newest, now = self._services.live.latest, self._services.clock()
        return line_views(device, self._devices, newest, bypassed, now, self._zone, self._texts)

    def _offers(self, device: Device) -> tuple[tuple[Action, ...], tuple[str, ...]]:
        """Commands, and points to set."""
        rights = self._frame.identity.rights
        return offered(device, rights), settable(device, rights)

    def _show_acts(self, device: Device) -> None:
        """Buttons that are made anew under somebody's finger are not pressed: only for others."""
        (acts, setpoints), busy = self._offers(device), device.id in self._waiting
        offer = (device.id, acts, setpoints, busy)
        if offer == self._offered:
            return
        self._offered = offer
        self._acts.clear()
        with self._acts:
            for action in acts:
                self._act(self._texts(f"command.{action}"), partial(self._ask, action), busy)
            for name in setpoints:
                self._act(self._set_words(device, name), partial(self._ask_value, name), busy)

    def _act(self, word: str, on_click: Callable[[], Awaitable[None]], busy: bool) -> None:
        button = ui.button(word, color=None, on_click=on_click)
        button.props("no-caps unelevated").classes("act")
        button.set_enabled(not busy)

    async def forgive(self, person: Present) -> None:
        """Ask why one who is on the roll of the area is to be forgotten."""
        await self._ask(Action.FORGIVE, person)

    async def _ask(self, action: Action, person: Present | None = None) -> None:
        device = self._device
        if device is None:
            return
        now, settings = self._services.clock(), self._services.site.access
        fields = fields_of(action, device, settings, now, self._texts)
        if action is Action.BYPASS:
            try:
                fields = which_lines(await self._line_views(device), self._texts) + fields
            except GatehouseError as error:
                self._refusal.show(error)
                return

        whom = {} if person is None else {"person": person.who}
        named = "" if person is None else f" · {person.holder or person.credential}"

        async def said(answers: Answers) -> bool:
            return await self._send(device, action, {**answers, **whom})

        self._refusal.show(None)
        self._form.ask(self._words(device, action) + named, fields, said)

    async def _ask_value(self, name: str) -> None:
        """To what it is to be set."""
        device = self._device
        if device is None:
            return
        now, settings = self._services.clock(), self._services.site.access
        setpoint = device.setpoints[name]
        last = self._services.live.latest.get(setpoint.point.id)
        fields = (
            value_field(setpoint, last, self._texts),
            *fields_of(Action.SET, device, settings, now, self._texts),
        )

        async def said(answers: Answers) -> bool:
            return await self._send(device, Action.SET, {**answers, "point": name})

        self._refusal.show(None)
        self._form.ask(self._words(device, Action.SET, name), fields, said)

    async def _send(self, device: Device, action: Action, answers: Answers) -> bool:
        """Whether it was sent, so that the form is done with."""
        what = self._words(device, action, answers.get("point"))
        self._waiting.add(device.id)
        self._refusal.show(None)
        self._show_outcome(OutcomeView("waiting", what, (self._texts("command.waiting"),)))
        self.show_states()
        try:
            outcome = await self._asked(device, action, answers)
        except GatehouseError as error:
            self._show_outcome(None)
            self._refusal.show(error)
            return False
        finally:
            self._waiting.discard(device.id)
            self.show_states()
        self._show_outcome(outcome_view(what, outcome, device, self._texts))
        await self.show_commands()
        return outcome.result is not Result.REFUSED

    async def _asked(self, device: Device, action: Action, answers: Answers) -> Outcome:
        who = self._frame.actor(Right.READ)  # whether they may is decided where it is on record
        asked = Asked(device.id, action, answers["reason"], _parameters(answers))
        shown = proof.Proof(
            answers.get("password"), answers.get("second"), answers.get("second_password")
        )
        commands, accounts = self._services.commands, self._services.accounts
        right = commands.right_to(asked)
        return await proof.ask(commands.ask, accounts, asked, shown, who, right)

    def _words(self, device: Device, action: Action, setpoint: str | None = None) -> str:
        name = device.name.in_(self._texts.language)
        if setpoint is None:
            what = self._texts(f"command.{action}")
        else:
            what = self._set_words(device, setpoint)
        return self._texts("name_and_value", name=name, value=what)

    def _set_words(self, device: Device, name: str) -> str:
        point = device.setpoints[name].point.name.in_(self._texts.language)
        return self._texts("name_and_value", name=self._texts("command.set"), value=point)

    def _show_outcome(self, view: OutcomeView | None) -> None:
        self._outcome.clear()
        self._outcome.classes(replace="" if view is None else f"outcome {view.mark}")
        if view is not None:
            with self._outcome:
                ui.label(view.head).classes("outcome-head")
                for line in view.lines:
                    ui.label(line)
            self._outcome.run_method("scrollIntoView", {"block": "nearest"})


def _parameters(answers: Answers) -> Mapping[str, Any]:
    """What the command is told beside; no lines are all of a zone's."""
    lines = answers.get("lines")
    told = {name: answers.get(name) for name in ("until", "person", "point", "value")}
    told["lines"] = None if lines and EVERY in lines else lines
    return {name: said for name, said in told.items() if said is not None}
