"""The list of tickets not closed."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from dashboards.frame import Frame
from dashboards.new_ticket import NewTicket
from dashboards.panel import panel
from dashboards.texts import Texts
from dashboards.ticket_views import CardView

MOST_CARDS = 100
"""More than anybody works off at once; how many are left out is told."""


class TicketList:
    """Built into the current container. Changes only the cards that changed."""

    def __init__(
        self, frame: Frame, texts: Texts, on_select: Callable[[int], Awaitable[None]]
    ) -> None:
        self._texts = texts
        self._on_select = on_select
        self._cards: dict[int, _Card] = {}  # in the order they are shown in
        self._selected: int | None = None
        with panel("tickets", texts("tickets.title")) as head:
            with head.row:
                ui.label(texts("tickets.keys")).classes("quiet")
                new_ticket = NewTicket(frame, texts, on_select)
            new_ticket.build_form()
            self._flood = ui.element("div").classes("flood").props("role=status")
            self._flood.set_visibility(False)
            self._empty = ui.label(texts("tickets.none")).classes("empty")
            self._list = ui.element("ol").classes("cards")
            self._left_out = ui.label().classes("quiet left-out")

    def show(self, cards: Sequence[CardView]) -> None:
        """Most urgent first."""
        shown = cards[:MOST_CARDS]
        numbers = [view.number for view in shown]
        for number in self._cards.keys() - set(numbers):
            self._cards.pop(number).item.delete()
        for view in shown:
            if view.number not in self._cards:
                with self._list:
                    self._cards[view.number] = _Card(view.number, self._texts, self._on_select)
            self._cards[view.number].show(view)
        if list(self._cards) != numbers:
            self._cards = {number: self._cards[number] for number in numbers}
            for index, card in enumerate(self._cards.values()):
                card.item.move(self._list, index)
        self._show_selected(next((view.number for view in shown if view.selected), None))
        self._empty.set_visibility(not cards)
        left_out = len(cards) - len(shown)
        self._left_out.text = self._texts("tickets.more", count=left_out) if left_out else ""

    def show_flood(self, words: str | None, on_toggle: Callable[[], None]) -> None:
        """What the list makes a count of; None: there is no flood."""
        self._flood.clear()
        self._flood.set_visibility(words is not None)
        if words is not None:
            with self._flood:
                ui.label(f"▲ {words}")
                button = ui.button(self._texts("flood.toggle"), color=None, on_click=on_toggle)
                button.props("no-caps unelevated dense").classes("act")

    def _show_selected(self, number: int | None) -> None:
        """Bring it into view when it is another one than before, and leave the list alone else."""
        if number is not None and number != self._selected:
            item = self._cards[number].item
            item.client.run_javascript(
                f"getHtmlElement({item.id})?.scrollIntoView({{block: 'nearest'}})"
            )
        self._selected = number


class _Card:
    """One ticket. It is a button: the keyboard reaches it and screen readers say what it is."""

    def __init__(
        self, number: int, texts: Texts, on_select: Callable[[int], Awaitable[None]]
    ) -> None:
        self._texts = texts
        self._shown: CardView | None = None
        with ui.element("li") as self.item:
            self._button = ui.element("button").props('type="button"')
            self._button.on("click", lambda: on_select(number), args=[])
        with self._button:
            with ui.element("span").classes("card-line"):
                self._priority = ui.label().classes("priority")
                self._fresh = ui.label(texts("ticket.fresh")).classes("fresh-word")
                ui.label(f"#{number}").classes("number")
            self._title = ui.label().classes("card-title")
            self._where = ui.label().classes("card-place")
            with ui.element("span").classes("card-line"):
                self._state = ui.label().classes("state")
                self._when = ui.label().classes("when")
            self._alarm = ui.label().classes("alarm-words")

    def show(self, view: CardView) -> None:
        """Nothing is sent to the browser when nothing changed."""
        if view == self._shown:
            return
        self._shown = view
        self._priority.text = view.priority_word
        self._title.text = view.title
        self._where.text = view.where
        self._state.text = view.state
        self._when.text = view.when
        self._alarm.text = view.alarm
        self._alarm.classes(replace=f"alarm-words {'active' if view.active else 'returned'}")
        self._fresh.set_visibility(view.fresh)
        kinds = f"card p{view.priority}{' fresh' if view.fresh else ''}"
        self._button.classes(replace=f"{kinds}{' selected' if view.selected else ''}")
        self._button.props(f'aria-pressed="{str(view.selected).lower()}"')
