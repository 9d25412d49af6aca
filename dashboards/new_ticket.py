"""A call is taken: who, where, phone, what, when convenient becomes a ticket."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from dashboards.act_forms import report_fields, report_of
from dashboards.form import Answers, Form
from dashboards.frame import Frame
from dashboards.refusal import Refusal
from dashboards.texts import Texts
from gateway.errors import GatehouseError
from gateway.security.roles import Right


class NewTicket:
    """A button in the current container; the form is built elsewhere by `build_form`. `on_opened`
    is told the number."""

    def __init__(
        self, frame: Frame, texts: Texts, on_opened: Callable[[int], Awaitable[None]]
    ) -> None:
        self._frame = frame
        self._texts = texts
        self._on_opened = on_opened
        if Right.WORK in frame.identity.rights:
            button = ui.button(texts("new_ticket"), color=None, on_click=self._ask)
            button.props("no-caps unelevated dense").classes("act")

    def build_form(self) -> None:
        """Where the caller's words are written down."""
        self._refusal = Refusal(self._texts)
        self._form = Form(self._texts, self._frame.services.site.time_zone)

    async def _ask(self) -> None:
        language = self._texts.language
        places = {
            device.id: f"{device.name.in_(language)} · {device.place.in_(language)}"
            for device in self._frame.services.site.devices
        }
        self._refusal.show(None)
        fields = report_fields(self._texts, places)
        self._form.ask(self._texts("new_ticket"), fields, self._open)

    async def _open(self, said: Answers) -> bool:
        try:
            who = self._frame.actor(Right.WORK)
            ticket = await self._frame.services.desk.open(report_of(said), who=who)
        except GatehouseError as error:
            self._refusal.show(error)
            return False
        self._refusal.show(None)
        await self._on_opened(ticket.number)
        return True
