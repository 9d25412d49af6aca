"""Why something was not done, where it was asked for."""

from nicegui import ui

from dashboards.texts import Texts
from dashboards.told import told
from gateway.errors import GatehouseError


class Refusal:
    """Built into the current container; nothing to see until something is refused."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._root = ui.element("div").classes("refusal").props("role=alert")
        self._root.set_visibility(False)

    def show(self, error: GatehouseError | None) -> None:
        """In the person's language; None takes it away."""
        self._root.clear()
        self._root.set_visibility(error is not None)
        if error is not None:
            said = told(error, self._texts.language)
            with self._root:
                ui.label(f"✕ {self._texts('refused')}").classes("refusal-head")
                ui.label(said.problem)
                ui.label(said.remedy).classes("remedy")
