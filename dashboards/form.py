"""What an act must be told beside the note: a few fields, asked for where the act is done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, auto
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from nicegui import ui

from dashboards.texts import Texts
from gateway.model.clock import Micros, from_datetime, to_datetime


class Asked(StrEnum):
    """What kind of answer a field takes, and gives."""

    LINE = auto()
    """str, without a line break; options are words to choose instead of typing them."""
    SECRET = auto()
    """str, as typed; nobody reads along, and it is gone when the act is refused."""
    WHOLE = auto()
    """int."""
    NUMBER = auto()
    """float."""
    CHOICE = auto()
    """str: the key of an option."""
    CHOICES = auto()
    """list[str]: the keys of one option or more."""
    MOMENT = auto()
    """Micros, told by the estate's wall clock."""
    YES_NO = auto()
    """bool."""


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `value` is what stands there at first; of a MOMENT an instant."""

    name: str
    label: str
    asked: Asked
    options: Mapping[str, str] = field(default_factory=dict)
    value: object = None
    required: bool = True


Answers = Mapping[str, Any]
"""By the field's name; None where a field that is not required was left empty."""

OnDone = Callable[[Answers], Awaitable[bool]]
"""Whether it was done: until then the form stays, with all that was answered."""

LISTED: Final = 10
"""More options than these are looked for by typing."""

_UNLESS_LIST_IS_OPEN: Final = """(event) => {
    if (!event.target.closest('[aria-expanded="true"]')) emit();
}"""
"""Escape in a list of options closes that list, and not what was written beside it."""

_LOCAL: Final = "%Y-%m-%dT%H:%M"
"""As browsers write a time of the wall clock (HTML, 2.3.5.5)."""


class Form:
    """Built into the current container; nothing to see until something is asked. Enter is OK,
    Escape is Cancel."""

    def __init__(self, texts: Texts, zone: ZoneInfo) -> None:
        self._texts = texts
        self._zone = zone
        self._on_done: Callable[[], Awaitable[None]] | None = None
        self._doing: Callable[[], Awaitable[None]] | None = None
        self._root = ui.element("form").classes("form").props("novalidate")
        self._root.on("submit.prevent", self._submitted, args=[])
        self._root.on("keydown.esc", self.close, args=[], js_handler=_UNLESS_LIST_IS_OPEN)
        self._root.set_visibility(False)

    def ask(self, title: str, fields: Sequence[Field], on_done: OnDone) -> None:
        """Show these fields in place of what was asked before."""
        inputs: dict[str, Any] = {}

        async def done() -> None:
            answers = {f.name: self._answer(f, inputs[f.name].value) for f in fields}
            missing = [f for f in fields if f.required and answers[f.name] is None]
            for f in missing:
                inputs[f.name].props(f'error error-message="{self._texts("form.missing")}"')
            if missing:
                return
            was_done = await on_done(answers)
            if self._on_done is done:
                self._end(was_done, [inputs[f.name] for f in fields if f.asked is Asked.SECRET])

        self._on_done = done
        self._root.clear()
        self._root.set_visibility(True)
        with self._root:
            ui.label(title).classes("form-title")
            for asked in fields:
                inputs[asked.name] = self._input(asked)
            if fields:
                inputs[fields[0].name].props("autofocus")
            with ui.element("div").classes("acts"):
                self._button(self._texts("form.done"), "act first").props("type=submit")
                self._button(self._texts("form.cancel"), "act").on_click(self.close)

    def close(self) -> None:
        """Nothing is asked any more."""
        self._on_done = None
        self._root.clear()
        self._root.set_visibility(False)

    def _end(self, was_done: bool, secrets: Sequence[ui.input]) -> None:
        """A secret is typed anew for each try."""
        if was_done:
            self.close()
            return
        for secret in secrets:
            secret.set_value("")
            secret.run_method("focus")

    async def _submitted(self) -> None:
        """Once for each question: one that takes its time holds up no other."""
        done = self._on_done
        if done is None or done is self._doing:
            return
        self._doing = done
        try:
            await done()
        finally:
            if self._doing is done:
                self._doing = None

    def _button(self, word: str, kind: str) -> ui.button:
        return ui.button(word, color=None).props("no-caps unelevated").classes(kind)

    def _input(self, asked: Field) -> Any:
        made: Any
        match asked.asked:
            case Asked.CHOICE:
                many = len(asked.options) > LISTED
                made = ui.select(
                    dict(asked.options), label=asked.label, value=asked.value, with_input=many
                )
            case Asked.CHOICES:
                made = ui.select(
                    dict(asked.options), label=asked.label, value=asked.value, multiple=True
                )
                made.props("use-chips")
            case Asked.YES_NO:
                words = {True: self._texts("yes"), False: self._texts("no")}
                made = ui.select(words, label=asked.label, value=asked.value)
            case Asked.WHOLE:
                made = ui.number(asked.label, value=asked.value, precision=0, min=0)  # type: ignore[arg-type]
            case Asked.NUMBER:
                made = ui.number(asked.label, value=asked.value)  # type: ignore[arg-type]
            case Asked.MOMENT:
                made = ui.input(asked.label, value=self._shown(asked.value))
                made.props("type=datetime-local stack-label")
            case Asked.SECRET:
                made = ui.input(asked.label, password=True).props("autocomplete=new-password")
            case Asked.LINE:
                made = ui.input(asked.label, value=str(asked.value or ""))
                self._quick_words(asked, made)
        return made.props(f'dark outlined dense aria-label="{asked.label}"')

    def _quick_words(self, asked: Field, line: ui.input) -> None:
        def write(word: str) -> None:
            line.set_value(word)
            line.run_method("focus")

        if asked.options:
            with ui.element("div").classes("acts quick"):
                for word in asked.options.values():
                    self._button(word, "tool").on_click(partial(write, word))

    def _shown(self, instant: object) -> str:
        if not isinstance(instant, int):
            return ""
        return to_datetime(instant).astimezone(self._zone).strftime(_LOCAL)

    def _answer(self, asked: Field, said: Any) -> object:
        if asked.asked is Asked.SECRET:
            return said or None
        if isinstance(said, str):
            said = said.strip() or None
        if said is None or said == []:
            return None
        if asked.asked is Asked.MOMENT:
            return self._instant(said)
        if asked.asked is Asked.NUMBER:
            return float(said)
        return int(said) if asked.asked is Asked.WHOLE else said

    def _instant(self, said: str) -> Micros | None:
        try:
            return from_datetime(datetime.strptime(said, _LOCAL).replace(tzinfo=self._zone))
        except ValueError:
            return None
