"""The ticket a person has before them: opened, kept up to date, worked."""

from collections.abc import Mapping

from dashboards.frame import Frame
from dashboards.texts import Texts
from dashboards.ticket_panel import TicketPanel
from dashboards.ticket_views import TicketView, opened
from dashboards.told import told
from gateway.desk.states import TERMS
from gateway.errors import GatehouseError
from gateway.model.ticket import Act, Doing
from gateway.security.roles import Right
from gateway.site.model import Device


class OpenedTicket:
    """Built into the current container."""

    def __init__(self, frame: Frame, texts: Texts, devices: Mapping[str, Device]) -> None:
        self._frame = frame
        self._services = frame.services
        self._workplace = workplace = frame.workplace
        self._texts = texts
        self._devices = devices
        self._view: TicketView | None = None
        self._acting = False
        self._panel = TicketPanel(
            texts,
            may_work=Right.WORK in frame.identity.rights,
            on_act=self.act,
            on_write=workplace.write,
        )

    @property
    def is_selected(self) -> bool:
        """Whether it is the one the person has turned to."""
        return self._workplace.ticket == (None if self._view is None else self._view.number)

    async def show(self) -> None:
        """Open the selected ticket as it is now."""
        number = self._workplace.ticket
        if number is None:
            return
        try:
            file = await self._services.desk.ticket(number)
        except GatehouseError as error:
            self._panel.refuse(told(error, self._texts.language))
            return
        if number != self._workplace.ticket:
            return  # the person has turned to another one meanwhile
        now, zone = self._services.clock(), self._services.site.time_zone
        self._view = opened(file, self._devices, now=now, zone=zone, texts=self._texts)
        self._panel.show(self._view, self._workplace.draft)

    async def act(self, act: Act) -> None:
        """Do that to the ticket as the person sees it, with what they have written."""
        view = self._view
        if view is None or not self.is_selected or self._acting or act not in view.acts:
            return
        self._acting = True
        self._workplace.choose(view.number, self._services.clock())
        written = self._workplace.draft
        try:
            # Who goes is what is written: until the page has a field of its own for it.
            doing = Doing(act, written, assignee=written if act is Act.DISPATCH else "")
            await self._services.desk.act(
                view.number, doing, who=self._frame.actor(TERMS[act].right), version=view.version
            )
        except GatehouseError as error:
            self._panel.refuse(told(error, self._texts.language))
        else:
            self._forget(view.number, written)
        finally:
            self._acting = False
        await self.show()

    def _forget(self, number: int, written: str) -> None:
        """What was written has become part of the ticket; what was added since stays."""
        if self._workplace.drafts.get(number, "") == written:
            self._workplace.drafts.pop(number, None)
            if self.is_selected:
                self._panel.clear_note()
