"""Devices that describe themselves on a broker: looked at, and taken by an engineer."""

from functools import partial
from typing import Final

from nicegui import ui

from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.refusal import Refusal
from dashboards.texts import Texts
from gateway.errors import GatehouseError
from gateway.model.discovered import Found
from gateway.security.roles import Right

FOUND: Final = ("device", "kind", "topic", "left_out")
REFUSED: Final = ("topic", "reason")
HEADS: Final = (*FOUND, *REFUSED)


class DiscoveryPanel:
    """Built into the current container; nothing where the site file allows no discovery, or the
    person takes nothing into service."""

    def __init__(self, frame: Frame, texts: Texts) -> None:
        self._frame = frame
        self._discovery = frame.services.discovery
        self._texts = texts
        if Right.TAKE_INTO_SERVICE not in frame.identity.rights:
            return
        for connection in self._discovery.connections:
            self._build(connection)

    def _build(self, connection: str) -> None:
        texts = self._texts
        title = texts("discovery.title", connection=connection)
        heads = [texts(f"head.{head}") for head in FOUND]
        found = Listing("table-found", title, heads, texts("discovery.none"))
        refusal = Refusal(texts)
        entry = ui.element("div").classes("entry")
        heads = [texts(f"head.{head}") for head in REFUSED]
        refused = Listing("table-refused", texts("discovery.refused"), heads, texts("sheet.none"))
        refused.root.set_visibility(False)

        async def look() -> None:
            button.set_enabled(False)
            entry.clear()
            try:
                heard = await self._discovery.look(connection)
            except GatehouseError as error:
                refusal.show(error)
                return
            finally:
                button.set_enabled(True)
            refusal.show(None)
            rows = [self._row(each, connection, entry, refusal) for each in heard.found]
            found.show(rows)
            refused.show([Row(said) for said in heard.refused])
            refused.root.set_visibility(bool(heard.refused))

        with found.head.row:
            button = ui.button(texts("discovery.look"), color=None, on_click=look)
            button.props("no-caps unelevated").classes("act")

    def _row(self, found: Found, connection: str, entry: ui.element, refusal: Refusal) -> Row:
        cells = (found.id, found.kind, found.topic, "; ".join(found.left_out))

        async def show() -> None:
            entry.clear()
            with entry:
                ui.label(found.entry).classes("entry-text").props('tabindex="0"')
                ui.label(self._texts("discovery.how")).classes("quiet")
                approve = partial(self._approve, found, connection, refusal)
                button = ui.button(self._texts("discovery.approve"), color=None, on_click=approve)
                button.props("no-caps unelevated").classes("act")

        return Row(cells, ((self._texts("discovery.entry"), show),))

    async def _approve(self, found: Found, connection: str, refusal: Refusal) -> None:
        """The file is handed out once it is on record."""
        try:
            who = self._frame.actor(Right.TAKE_INTO_SERVICE)
            taken = await self._discovery.approve(connection, found.digest, who=who)
        except GatehouseError as error:
            refusal.show(error)
            return
        refusal.show(None)
        ui.download.content(taken.entry, f"{taken.id}.yaml", "application/yaml")
