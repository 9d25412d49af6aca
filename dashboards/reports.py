"""Reports of shifts, weeks and months, and the records they come from."""

from datetime import datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from nicegui import ui

from dashboards.board import News
from dashboards.figure_panel import FigurePanel
from dashboards.frame import Frame
from dashboards.panel import panel
from dashboards.texts import Texts
from gateway.feed import Changes
from gateway.model.clock import DAY, to_datetime
from gateway.reports.period import Span

API: Final = "/api/v1/reports"


class ReportsPage:
    """A Page: links that go by the chosen day."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._zone = frame.services.site.time_zone

    def build(self, texts: Texts) -> None:
        """See Page."""
        self._texts = texts
        today = to_datetime(self._frame.services.clock()).astimezone(self._zone)
        with ui.element("div").classes("columns reports-page"):
            with panel("reports", texts("reports")):
                day = ui.input(texts("reports.at"), value=today.strftime("%Y-%m-%dT%H:%M"))
                day.props("type=datetime-local dark outlined dense stack-label").classes("day")
                day.on_value_change(lambda change: self._show_links(change.value or ""))
                self._links = ui.element("div").classes("report-links")
                self._show_links(day.value)
            with ui.element("div").classes("figures-side"):
                self._figures = FigurePanel(texts, self._frame.services)

    async def show(self) -> None:
        """See Page."""
        await self._figures.show()

    async def take(self, _changes: Changes, _news: News, /) -> None:
        """See Page."""
        await self._figures.show()

    async def run(self) -> None:
        """See Page."""

    async def press(self, key: str) -> None:
        """See Page."""

    def _show_links(self, said: str) -> None:
        try:
            at = datetime.fromisoformat(said).replace(tzinfo=self._zone)
        except ValueError:
            return  # half typed
        texts, language = self._texts, self._texts.language
        self._links.clear()
        with self._links:
            for span in Span:
                asked = {"at": at.isoformat(), "lang": language.value}
                with ui.element("p"):
                    ui.label(texts(f"reports.{span}"))
                    for form in ("html", "pdf"):
                        _link(form.upper(), f"{API}/{span}?{urlencode({**asked, 'format': form})}")
            begin = datetime.combine(at.date() - timedelta(days=30), time(), self._zone)
            end = begin + timedelta(microseconds=31 * DAY)
            window = urlencode({"from": begin.isoformat(), "to": end.isoformat()})
            with ui.element("p"):
                ui.label(texts("reports.records"))
                _link(texts("reports.tickets"), f"{API}/tickets.csv?{window}")
                _link(texts("reports.alarms"), f"{API}/alarms.csv?{window}")
                _link(texts("reports.vehicles"), f"{API}/vehicles.csv?{window}")


def _link(word: str, url: str) -> None:
    with ui.element("a").props('target="_blank" rel="noopener"').classes("act") as link:
        link.props["href"] = url
        ui.label(word)
