"""Who is inside the anti-passback area that is chosen: the list for a muster."""

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui import ui

from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.moments import moment
from dashboards.texts import Texts
from gateway.access.authority import right_for
from gateway.access.roll_call import Present
from gateway.model.command import Action
from gateway.site.model import Device

HEADS: Final = ("owner", "credential", "where", "device", "since")
MOST: Final = 500
"""People listed; the CSV has all."""

Forgive = Callable[[Present], Awaitable[None]]


class RollPanel:
    """Built into the current container; seen while an area is chosen."""

    def __init__(self, frame: Frame, texts: Texts, forgive: Forgive) -> None:
        self._frame = frame
        self._services = frame.services
        self._texts = texts
        self._forgive = forgive
        self._names = {device.id: device.name for device in frame.services.site.devices}
        self._area: Device | None = None
        with ui.element("div").classes("inside") as self._whole:
            heads = [texts(f"head.{head}") for head in HEADS]
            self._list = Listing("table-inside", texts("roll.title"), heads, texts("roll.none"))
            with self._list.head.row:
                self._csv = ui.element("a").props("download").classes("tool")
                with self._csv:
                    ui.label("CSV")
            self._rest = ui.label().classes("quiet")

    def show(self, device: Device | None) -> None:
        """Turn to that device."""
        self._area = device if device is not None and device.passback is not None else None
        self._whole.set_visibility(self._area is not None)
        if self._area is not None:
            self._csv.props["href"] = f"/api/v1/roll-calls/{self._area.id}/people.csv"
            self._csv.update()
            self.follow()

    def follow(self) -> None:
        """Who is inside now."""
        if self._area is None:
            return
        people = self._services.roll_calls.of(self._area.id)
        self._list.show([self._row(each) for each in people[:MOST]])
        self._list.head.heading.text = f"{self._texts('roll.title')} ({len(people)})"
        self._rest.text = self._texts("roll.more", count=len(people) - MOST)
        self._rest.set_visibility(len(people) > MOST)

    def _row(self, each: Present) -> Row:
        door = self._names.get(each.door)
        cells = (
            each.holder or self._texts("access.nobody"),
            each.credential,
            self._texts(f"whereabouts.{each.where}"),
            each.door if door is None else door.in_(self._texts.language),
            moment(each.since, self._services.clock(), self._services.site.time_zone),
        )
        if right_for(Action.FORGIVE) not in self._frame.identity.rights:
            return Row(cells)
        return Row(cells, ((self._texts("roll.forgive"), lambda: self._forgive(each)),))
