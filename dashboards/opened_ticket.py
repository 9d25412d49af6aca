"""The ticket a person has before them: opened, kept up to date, worked."""

from collections.abc import Callable, Mapping

from dashboards.act_forms import doing_of, fields_of
from dashboards.form import Answers
from dashboards.frame import Frame
from dashboards.shelving import how_long_and_why, which
from dashboards.texts import Texts
from dashboards.ticket_details import seen_by
from dashboards.ticket_panel import TicketPanel, act_word
from dashboards.ticket_views import TicketView, opened
from dashboards.told import told
from gateway.desk.desk import TicketFile
from gateway.desk.states import TERMS
from gateway.errors import GatehouseError
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
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
        self._rules = {rule.id: rule for rule in frame.services.site.rules}
        self._file: TicketFile | None = None
        self._view: TicketView | None = None
        self._acting = False
        self._panel = TicketPanel(
            texts,
            frame.services.stills,
            may_work=Right.WORK in frame.identity.rights,
            zone=frame.services.site.time_zone,
            on_act=self.act,
            on_tick=self.tick,
            on_shelve=self.shelve,
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
        self._file = file
        rights = self._frame.identity.rights
        self._view = opened(
            file, self._devices, self._rules, rights, now=now, zone=zone, texts=self._texts
        )
        self._panel.show(self._view, self._workplace.draft)
        device = self._devices.get(file.ticket.device or "")
        self._panel.cameras.show(seen_by(device, self._devices))

    async def look(self) -> None:
        """By the cameras that see what it is about, once."""
        await self._panel.cameras.look()

    async def act(self, act: Act) -> None:
        """Do that to the ticket as the person sees it, with what they have written; what it needs
        beside that is asked for first."""
        view, file = self._view, self._file
        if view is None or file is None or not self.is_selected or act not in view.acts:
            return
        now = self._services.clock()
        self._workplace.choose(view.number, now)
        fields = fields_of(act, file.ticket, now, self._texts, self._workplace.draft)
        if not fields:
            await self._do(view, lambda written: Doing(act, written))
            return

        async def said(answers: Answers) -> bool:
            return await self._do(view, lambda written: doing_of(act, written, answers))

        self._panel.ask(act_word(act, view, self._texts), fields, said)

    async def tick(self, step: int) -> None:
        """Tick that step of its procedure off."""
        view = self._view
        if view is not None and self.is_selected and Act.STEP in view.acts:
            await self._do(view, lambda _: Doing(Act.STEP, step=step), keep_note=True)

    async def shelve(self) -> None:
        """Keep its alarm quiet for a while; asks until when, and why."""
        view = self._view
        if view is None or not self.is_selected or not view.to_shelve:
            return
        alarms = {str(alarm.id): alarm for alarm in view.to_shelve}
        fields = how_long_and_why(self._services.clock(), self._texts)
        first = (which(view.to_shelve, self._texts),) if len(alarms) > 1 else ()

        async def said(answers: Answers) -> bool:
            seen = alarms[answers.get("alarm", next(iter(alarms)))]
            return await self._shelve(seen, answers["until"], answers["reason"])

        self._panel.ask(self._texts("quiet.shelve"), (*first, *fields), said)

    async def _shelve(self, seen: Alarm, until: Micros, reason: str) -> bool:
        try:
            await self._services.suppressions.shelve_alarm(
                seen.id,
                occurrence=seen.occurrences,
                sequence=seen.sequence,
                until=until,
                reason=reason,
                who=self._frame.actor(Right.SHELVE),
            )
        except GatehouseError as error:
            self._panel.refuse(told(error, self._texts.language))
            return False
        self._panel.refuse(None)
        await self.show()
        return True

    async def _do(
        self, view: TicketView, make: Callable[[str], Doing], *, keep_note: bool = False
    ) -> bool:
        """Whether it was done."""
        if self._acting:
            return False
        self._acting = True
        done = False
        written = self._workplace.draft
        try:
            doing = make(written)
            who = self._frame.actor(TERMS[doing.act].right)
            await self._services.desk.act(view.number, doing, who=who, version=view.version)
        except GatehouseError as error:
            self._panel.refuse(told(error, self._texts.language))
        else:
            done = True
            if not keep_note:
                self._forget(view.number, written)
        finally:
            self._acting = False
        await self.show()
        return done

    def _forget(self, number: int, written: str) -> None:
        """What was written has become part of the ticket; what was added since stays."""
        if self._workplace.drafts.get(number, "") == written:
            self._workplace.drafts.pop(number, None)
            if self.is_selected:
                self._panel.clear_note()
