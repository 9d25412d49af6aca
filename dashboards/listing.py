"""A table of words, with what can be done to each row."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from nicegui import ui

from dashboards.panel import panel

OnClick = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `acts`: the words on its buttons and what they do. `link`: where its first cell
    leads."""

    cells: tuple[str, ...]
    acts: tuple[tuple[str, OnClick], ...] = field(default=(), compare=False)
    link: str | None = None


class Listing:
    """A panel in the current container. More can be put into its head. `counted`: the title
    says how many rows there are."""

    def __init__(
        self, kind: str, title: str, head: Sequence[str], empty: str, *, counted: bool = True
    ) -> None:
        self._title = title
        self._counted = counted
        self._shown: tuple[Row, ...] | None = None
        with panel(kind, title) as found:
            self.head, self.root = found, found.root
            self._empty = ui.label(empty).classes("empty")
            scrolled = ui.element("div").classes("listing").props('tabindex="0"')
            with scrolled, ui.element("table") as self._table:
                with ui.element("thead"), ui.element("tr"):
                    for word in head:
                        with ui.element("th").props('scope="col"'):
                            ui.label(word)
                self._body = ui.element("tbody")

    def show(self, rows: Sequence[Row]) -> None:
        """Nothing is sent to the browser when nothing changed."""
        if tuple(rows) == self._shown:
            return
        self._shown = tuple(rows)
        if self._counted:
            self.head.heading.text = f"{self._title} ({len(rows)})" if rows else self._title
        self._empty.set_visibility(not rows)
        self._table.set_visibility(bool(rows))
        self._body.clear()
        with self._body:
            for row in rows:
                _build(row)


def _build(row: Row) -> None:
    with ui.element("tr"):
        for index, cell in enumerate(row.cells):
            with ui.element("td"):
                if index == 0 and row.link is not None:
                    with ui.element("a").props(f'href="{row.link}"'):
                        ui.label(cell)
                else:
                    ui.label(cell)
        if row.acts:
            with ui.element("td").classes("row-acts"):
                for word, on_click in row.acts:
                    button = ui.button(word, color=None, on_click=on_click)
                    button.props("no-caps unelevated dense").classes("act")
