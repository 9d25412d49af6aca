"""A titled part of the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui


@dataclass(frozen=True, slots=True)
class Head:
    """The row on top of a panel, `root`; more can be put beside its heading."""

    root: ui.element
    row: ui.element
    heading: ui.label


@contextmanager
def panel(kind: str, title: str) -> Iterator[Head]:
    """A panel in the current container, to be filled while entered. `kind` is its style's class."""
    with ui.element("section").classes(f"{kind} panel").props(f'aria-label="{title}"') as root:
        with ui.element("div").classes("panel-head") as row:
            heading = ui.label(title).props('role=heading aria-level="2"')
        yield Head(root, row, heading)
