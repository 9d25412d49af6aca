"""How the alarms of the last day burdened the desk, beside what is good (ISA-18.2, EEMUA 191)."""

from collections.abc import Iterable, Mapping
from typing import Final

from nicegui import ui

from dashboards.device_names import device_names
from dashboards.listing import Listing, Row
from dashboards.moments import clock_time
from dashboards.refusal import Refusal
from dashboards.texts import Texts
from gateway.alarms.figures import BadActor, Figures
from gateway.errors import GatehouseError
from gateway.model.clock import DAY, MINUTE, Micros
from gateway.model.text import Language
from gateway.services import Services

REFRESH_EVERY: Final[Micros] = MINUTE
NAMED: Final = 10
"""Alarms listed of each kind."""

HEADS: Final = ("figure", "value", "good")
ACTOR_HEADS: Final = ("what", "device", "times")
ACTORS: Final = ("most_frequent", "chattering", "fleeting")


class FigurePanel:
    """Built into the current container."""

    def __init__(self, texts: Texts, services: Services) -> None:
        self._texts = texts
        self._services = services
        self._shown_at: Micros | None = None
        self._refusal = Refusal(texts)
        self._devices = device_names(services.site, texts.language)
        heads = [texts(f"head.{head}") for head in HEADS]
        self._figures = Listing(
            "figures", texts("figures.title"), heads, texts("sheet.none"), counted=False
        )
        self._actors = {
            kind: Listing(
                "figures",
                texts(f"figures.{kind}"),
                [texts(f"head.{head}") for head in ACTOR_HEADS],
                texts("sheet.none"),
                counted=False,
            )
            for kind in ACTORS
        }
        ui.label(texts("figures.words")).classes("quiet figures-words")

    async def show(self) -> None:
        """As they are now, unless they were shown a moment ago."""
        now = self._services.clock()
        if self._shown_at is not None and now - self._shown_at < REFRESH_EVERY:
            return
        self._shown_at = now
        try:
            found = await self._services.performance.figures(now - DAY, now)
        except GatehouseError as error:
            self._refusal.show(error)
            return
        self._refusal.show(None)
        self._figures.show([Row(cells) for cells in self._rows(found)])
        language = self._texts.language
        for kind, listing in self._actors.items():
            actors: Iterable[BadActor] = getattr(found, kind)
            listing.show([actor_row(actor, self._devices, language) for actor in actors][:NAMED])

    def _rows(self, found: Figures) -> list[tuple[str, str, str]]:
        texts = self._texts
        peak = "0"
        if found.peak is not None:
            since = clock_time(found.peak.since, self._services.site.time_zone)
            peak = texts("figures.peak_at", count=found.peak.count, since=since)
        return [
            (texts("figures.announced"), str(found.announced), ""),
            (texts("figures.per_hour"), f"{found.per_hour:.1f}", "≤ 6"),
            (texts("figures.peak"), peak, "≤ 10"),
            (texts("figures.flood_share"), _percent(found.flood_share), "< 1 %"),
            (texts("figures.top_ten_share"), _percent(found.top_ten_share), "< 5 %"),
            (texts("figures.standing"), str(len(found.standing)), "< 5"),
            (texts("figures.suppressed"), str(found.suppressed), ""),
            (texts("figures.unacknowledged"), str(found.unacknowledged), "0"),
        ]


def actor_row(actor: BadActor, devices: Mapping[str, str], language: Language) -> Row:
    """Many devices may have the same rule: `devices` are their names by a rule's id."""
    device = devices.get(actor.rule, actor.rule)
    return Row((actor.title.in_(language), device, str(actor.count)))


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
