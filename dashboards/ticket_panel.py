"""The opened ticket: what happened, what the camera saw, what has been done, what can be done."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from nicegui import ui

from dashboards.camera_view import CameraView
from dashboards.form import Field, Form, OnDone
from dashboards.history_lines import Line
from dashboards.texts import Texts
from dashboards.ticket_details import ClockView, Fact, StepView
from dashboards.ticket_views import Snapshot, TicketView
from dashboards.told import Told
from gateway.model.ticket import Act
from gateway.video.stills import Stills


class TicketPanel:
    """Built into the current container. The note field is made once and never taken away under a
    person's hands."""

    def __init__(
        self,
        texts: Texts,
        stills: Stills,
        *,
        may_work: bool,
        zone: ZoneInfo,
        on_act: Callable[[Act], Awaitable[None]],
        on_tick: Callable[[int], Awaitable[None]],
        on_shelve: Callable[[], Awaitable[None]],
        on_write: Callable[[str], None],
    ) -> None:
        self._texts = texts
        self._on_act = on_act
        self._on_tick = on_tick
        self._on_shelve = on_shelve
        self._shown: TicketView | None = None
        with ui.element("section").classes("ticket panel") as section:
            section.props(f'aria-label="{texts("ticket.title")}"')
            self._empty = ui.label(texts("ticket.none")).classes("empty")
            with ui.element("div").classes("ticket-whole") as self._whole:
                self._head = ui.element("div").classes("ticket-head")
                with ui.element("div").classes("ticket-body").props('tabindex="0"'):
                    self._figure = ui.element("figure").classes("snapshot")
                    self.cameras = CameraView(stills, zone, texts)
                    self._details = ui.element("div").classes("details")
                    self._lines = ui.element("ol").classes("lines")
                    self._lines.props(f'aria-label="{texts("ticket.history")}"')
                with ui.element("div").classes("ticket-work") as work:
                    self._build_work(zone, on_write)
                work.set_visibility(may_work)
        self._whole.set_visibility(False)

    def _build_work(self, zone: ZoneInfo, on_write: Callable[[str], None]) -> None:
        texts = self._texts
        self._refusal = ui.element("div").classes("refusal").props("role=alert")
        self._form = Form(texts, zone)
        self._note = ui.textarea(
            placeholder=texts("ticket.note"),
            on_change=lambda change: on_write(change.value or ""),
        )
        self._note.props(f'dark outlined rows=2 aria-label="{texts("ticket.note")}"')
        self._acts = ui.element("div").classes("acts")

    def show(self, view: TicketView | None, draft: str) -> None:
        """Open that ticket, with what has been written about it so far; None opens nothing."""
        before, self._shown = self._shown, view
        self._empty.set_visibility(view is None)
        self._whole.set_visibility(view is not None)
        if view is None or view == before:
            return
        if before is None or before.number != view.number:
            self._note.value = draft
            self.refuse(None)
            self._form.close()
        self._show_head(view)
        if before is None or before.snapshot != view.snapshot:
            self._show_snapshot(view.snapshot)
        if before is None or _details(before) != _details(view):
            self._show_details(view)
        if before is None or _acts(before) != _acts(view):
            self._show_acts(view)
        self._show_lines(view.lines)

    def ask(self, title: str, fields: Sequence[Field], on_done: OnDone) -> None:
        """What an act needs to be told, beside the note."""
        self._form.ask(title, fields, on_done)

    def clear_note(self) -> None:
        """What was written has become part of the ticket."""
        self._note.value = ""
        self.refuse(None)

    def refuse(self, said: Told | None) -> None:
        """Tell why an act was not done; None takes that away."""
        self._refusal.clear()
        self._refusal.set_visibility(said is not None)
        if said is not None:
            with self._refusal:
                ui.label(f"✕ {self._texts('refused')}").classes("refusal-head")
                ui.label(said.problem)
                ui.label(said.remedy).classes("remedy")

    def _show_head(self, view: TicketView) -> None:
        self._head.clear()
        with self._head:
            with ui.element("div").classes("card-line"):
                ui.label(view.priority_word).classes(f"priority p{view.priority}")
                ui.label(f"#{view.number}").classes("number")
                ui.label(view.state).classes("state")
            ui.label(view.title).classes("ticket-title").props('role=heading aria-level="2"')
            ui.label(view.where).classes("card-place")
            ui.label(self._texts("ticket.opened", when=view.opened)).classes("quiet")
            kind = "active" if view.active else "returned"
            ui.label(view.alarm).classes(f"alarm-words {kind}")
            for line in view.lines[:1]:
                ui.label(
                    self._texts("ticket.last", when=line.when, what=line.what, who=line.who)
                ).classes("quiet")

    def _show_snapshot(self, snapshot: Snapshot | None) -> None:
        self._figure.clear()
        self._figure.set_visibility(snapshot is not None)
        if snapshot is None:
            return
        with self._figure:
            link = ui.element("a").props('target="_blank" rel="noopener"')
            link.props["href"] = snapshot.url
            with link:
                picture = ui.element("img")
                picture.props["src"] = snapshot.url
                picture.props["alt"] = snapshot.caption
            with ui.element("figcaption"):
                ui.label(snapshot.caption)

    def _show_details(self, view: TicketView) -> None:
        self._details.clear()
        with self._details:
            for clock in view.clocks:
                _show_fact(clock, "fact late" if clock.late else "fact")
            for fact in view.facts:
                _show_fact(fact)
            if view.steps:
                ui.label(self._texts("ticket.steps")).classes("details-head")
                with ui.element("ol").classes("steps"):
                    for step in view.steps:
                        self._show_step(step, to_tick=Act.STEP in view.acts)
            if view.guidance:
                self._show_guidance(view)

    def _show_guidance(self, view: TicketView) -> None:
        """Open until somebody has taken the ticket on; after that its newest lines matter more."""
        with ui.element("details").classes("guidance") as guidance:
            if not view.taken_on:
                guidance.props("open")
            with ui.element("summary"):
                ui.label(self._texts("ticket.guidance"))
            for fact in view.guidance:
                _show_fact(fact)

    def _show_step(self, step: StepView, *, to_tick: bool) -> None:
        with ui.element("li").classes("done" if step.done else "to-do"):
            ui.label(step.text)
            if step.done:
                ui.label(f"✓ {step.done}").classes("quiet")
            elif to_tick:
                button = ui.button(
                    self._texts("ticket.step_done"),
                    color=None,
                    on_click=lambda: self._on_tick(step.number),
                )
                button.props("no-caps unelevated dense").classes("act")

    def _show_acts(self, view: TicketView) -> None:
        acts = [act for act in view.acts if act is not Act.STEP]
        first = view.next_act
        if first is not None and first not in acts:
            first = next(iter(acts), None)
        self._acts.clear()
        with self._acts:
            for act in acts:
                button = self._button(act_word(act, view, self._texts), partial(self._on_act, act))
                button.classes("first" if act is first else "")
                if act is Act.ACKNOWLEDGE:
                    with button, ui.element("kbd"):
                        ui.label("A")
            if view.to_shelve:
                self._button(self._texts("quiet.shelve"), self._on_shelve)

    def _button(self, word: str, on_click: Callable[[], Awaitable[None]]) -> ui.button:
        button = ui.button(word, color=None, on_click=on_click)
        return button.props("no-caps unelevated").classes("act")

    def _show_lines(self, lines: tuple[Line, ...]) -> None:
        self._lines.clear()
        with self._lines:
            for line in lines:
                with ui.element("li"):
                    ui.label(line.when).classes("line-when")
                    with ui.element("div").classes("line-what"):
                        ui.label(f"{line.what} · {line.who}")
                        if line.text:
                            ui.label(line.text).classes("line-text")


def act_word(act: Act, view: TicketView, texts: Texts) -> str:
    """What its button says: there is no call to correct before somebody has called."""
    if act is Act.REPORT and not view.called:
        return texts("act.first_call")
    return texts(f"act.{act}")


def _details(view: TicketView) -> tuple[object, ...]:
    to_tick = Act.STEP in view.acts
    return view.number, view.facts, view.guidance, view.steps, view.clocks, view.taken_on, to_tick


def _acts(view: TicketView) -> tuple[object, ...]:
    return view.acts, view.called, bool(view.to_shelve)


def _show_fact(fact: Fact | ClockView, kind: str = "fact") -> None:
    with ui.element("p").classes(kind):
        ui.label(fact.name).classes("quiet")
        ui.label(fact.said)
