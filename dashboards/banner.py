"""What must not be overlooked: the gateway is unwell, or the page has lost it."""

from collections.abc import Sequence

from nicegui import ui

from dashboards.texts import Texts


class Banner:
    """Built into the current container. Nothing to see while all is well."""

    def __init__(self, texts: Texts, *, see_details: bool) -> None:
        self._texts = texts
        self._see_details = see_details
        self._shown: tuple[Sequence[str], bool] = ((), False)
        # Shown by the style sheet while the browser has no connection: the server cannot tell it.
        with ui.element("div").classes("banner lost").props("role=alert"):
            ui.label(f"✕ {texts('banner.lost')}").classes("banner-head")
        self._faults = ui.element("div").classes("banner faults").props("role=alert")
        self._faults.set_visibility(False)

    def show_stopped(self) -> None:
        """The page goes on no more: what it shows grows old."""
        self._faults.clear()
        self._faults.set_visibility(True)
        with self._faults:
            ui.label(f"✕ {self._texts('banner.stopped')}").classes("banner-head")

    def show(self, faults: Sequence[str], *, alarms_at_risk: bool) -> None:
        """What is wrong with the gateway, in the engineer's words; those without the right to see
        its health are told whom to call, and whether alarms may be missing."""
        if (faults, alarms_at_risk) == self._shown:
            return
        self._shown = faults, alarms_at_risk
        texts = self._texts
        said = texts("banner.faults") if alarms_at_risk else texts("banner.unwell")
        self._faults.clear()
        self._faults.set_visibility(bool(faults))
        with self._faults:
            ui.label(f"✕ {said}").classes("banner-head")
            if self._see_details:
                for fault in faults:
                    ui.label(fault).classes("banner-fault")
