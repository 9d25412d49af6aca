"""The bar across the top: which estate, what time, how much is open, who is at the desk."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from nicegui import ui

from dashboards.places import Place, open_to
from dashboards.sign_in import OUT_PATH
from dashboards.texts import LOCALE, Texts, texts_in
from dashboards.ticket_views import priority_word
from gateway.model.rule import Priority
from gateway.model.text import Language
from gateway.security.identity import Identity


class Header:
    """Built into the current container."""

    def __init__(
        self,
        texts: Texts,
        site_name: str,
        identity: Identity,
        place: Place,
        *,
        sound: bool,
        on_sound: Callable[[], None],
        on_language: Callable[[Language], Awaitable[None]],
    ) -> None:
        self._texts = texts
        with ui.element("header").classes("bar"):
            with ui.element("div").classes("site"):
                ui.label(site_name).classes("site-name").props('role=heading aria-level="1"')
                self._clock = ui.label().classes("clock").props("role=timer")
            self._ways(place, open_to(identity.rights))
            with ui.element("div").classes("counts").props("role=status"):
                self._counts = {
                    priority: ui.label().classes(f"count p{priority}") for priority in Priority
                }
            self._health = ui.label().classes("health")
            with ui.element("div").classes("tools"):
                ui.label(texts("sound.locked")).classes("sound-hint").props("role=note")
                self._sound = ui.button(on_click=on_sound, color=None)
                self._sound.props("no-caps unelevated dense").classes("tool sound")
                self.show_sound(sound)
                self._language_switch(on_language)
                role = texts(f"role.{identity.role}")
                ui.label(f"{identity.user} · {role}").classes("who")
                self._sign_out()

    def show_clock(self, time: str) -> None:
        """The site's own time."""
        self._clock.text = time

    def show_counts(self, counts: Mapping[Priority, int]) -> None:
        """How many tickets of each priority are not closed."""
        for priority, label in self._counts.items():
            label.text = f"{priority_word(priority, self._texts)} {counts[priority]}"
            label.classes(replace=f"count p{priority}{'' if counts[priority] else ' none'}")

    def show_health(self, faults: int) -> None:
        """Whether the gateway itself is well."""
        if faults:
            self._health.text = f"✕ {self._texts('health.faults', count=faults)}"
        else:
            self._health.text = f"✓ {self._texts('health.good')}"
        self._health.classes(replace=f"health {'bad' if faults else 'good'}")

    def show_sound(self, on: bool) -> None:
        """Whether new alarms are heard."""
        self._sound.text = self._texts("sound.on" if on else "sound.off")
        self._sound.props(f'aria-pressed="{str(on).lower()}"')

    def _ways(self, here: Place, places: Iterable[Place]) -> None:
        with ui.element("nav").classes("ways").props(f'aria-label="{self._texts("ways")}"'):
            for place in places:
                link = ui.element("a").props(f'href="{place}"').classes("way")
                if place is here:
                    link.props('aria-current="page"')
                with link:
                    ui.label(self._texts(f"way.{place.name.lower()}"))

    def _language_switch(self, on_language: Callable[[Language], Awaitable[None]]) -> None:
        for language in Language:
            if language is not self._texts.language:
                name = texts_in(language)("language.name")
                button = ui.button(
                    name, color=None, on_click=lambda _, wish=language: on_language(wish)
                )
                button.props(f'no-caps unelevated dense lang="{LOCALE[language]}"')
                button.classes("tool")

    def _sign_out(self) -> None:
        with ui.element("form").props(f'method="post" action="{OUT_PATH}"'):
            button = ui.element("button").props('type="submit"').classes("tool")
            with button:
                ui.label(self._texts("sign_out"))
