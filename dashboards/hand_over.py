"""The hand-over of a shift (交接班): who is on duty, what the next must know, both signatures."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from nicegui import ui

from dashboards.device_names import device_names
from dashboards.form import Answers, Asked, Field, Form
from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.moments import date_and_time
from dashboards.panel import panel
from dashboards.refreshed import RefreshedPage
from dashboards.refusal import Refusal
from dashboards.roster import RosterPanel
from dashboards.sheet_views import TABLES, Words
from dashboards.texts import Texts
from gateway.desk.duty import Duty
from gateway.model.actor import Actor
from gateway.model.handover import Handover, KeyLoan
from gateway.model.text import Text
from gateway.security.roles import Right

PAST: Final = 20
"""Hand-overs listed."""


class HandOverPage(RefreshedPage):
    """A Page. The sheet shown is that of the shift on duty, as it is now or as it was signed."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._current: Handover | None = None

    def build(self, texts: Texts) -> None:
        """See Page."""
        self._texts = texts
        with ui.element("div").classes("columns hand-over"):
            with ui.element("div").classes("left"):
                self._build_duty()
                self._build_keys()
                self._roster = self._build_roster()
                self._past = self._listing("past", ("shift", "team", "left", "taken", "late"))
            with ui.element("div").classes("sheet"):
                self._counts = ui.label().classes("sheet-counts").props("role=status")
                self._audit = ui.label().classes("quiet")
                self._tables = {
                    table.name: self._listing(table.name, table.heads) for table in TABLES
                }

    async def look(self) -> None:
        """See RefreshedPage."""
        duty = await self._services.shifts.now()
        self._current = await self._services.shifts.handover(duty.handover.id)
        past = await self._services.shifts.handovers(PAST)
        keys = await self._services.keys.loans()
        if self._roster is not None:
            await self._roster.show()
        self._show_duty(duty, self._current)
        self._show_sheet(self._current)
        self._keys.show([self._key_row(loan) for loan in keys])
        self._past.show([self._past_row(handover) for handover in past])

    # --- what the page shows -----------------------------------------------------------------

    def _build_duty(self) -> None:
        texts = self._texts
        with panel("duty", texts("duty.title")), ui.element("div").classes("duty-body"):
            self._duty = ui.element("div").classes("duty-words")
            self._refusal = Refusal(texts)
            self._signing = ui.element("div").classes("acts")
            if Right.WORK in self._frame.identity.rights:
                self._note = ui.textarea(placeholder=texts("duty.note"))
                self._note.props(f'dark outlined rows=2 aria-label="{texts("duty.note")}"')
                self._button(self._texts("duty.add_note"), self._on_note)

    def _build_keys(self) -> None:
        texts = self._texts
        self._keys = self._listing("keys", ("key", "holder", "since", "due"))
        if Right.WORK in self._frame.identity.rights:
            with self._keys.head.row:
                self._button(self._texts("keys.lend"), self._on_lend)
            self._lending = Form(texts, self._services.site.time_zone)

    def _build_roster(self) -> RosterPanel | None:
        if Right.MANAGE_SHIFTS not in self._frame.identity.rights:
            return None
        language = self._texts.language
        teams = {t.id: t.name.in_(language) for t in self._services.site.desk.shifts.teams}
        return RosterPanel(self._frame, self._texts, teams, self._do)

    def _listing(self, name: str, heads: tuple[str, ...]) -> Listing:
        words = [self._texts(f"head.{head}") for head in heads]
        return Listing(
            f"table-{name}", self._texts(f"sheet.{name}"), words, self._texts("sheet.none")
        )

    def _show_duty(self, duty: Duty, current: Handover) -> None:
        texts, zone = self._texts, self._services.site.time_zone
        shift, language = duty.shift, texts.language
        people = ", ".join(f"{p.user}{' ✓' if p.signed_in else ''}" for p in duty.people)
        people = people or texts("duty.nobody")
        self._duty.clear()
        with self._duty:
            ui.label(f"{shift.name.in_(language)} · {shift.team.name.in_(language)}")
            ends, relief = date_and_time(shift.ends_at, zone), duty.following.team
            until = texts("duty.until", when=ends, team=relief.name.in_(language))
            ui.label(until).classes("quiet")
            ui.label(texts("duty.on_duty", team=self._team(current.team), people=people))
            if current.late_at is not None:
                ui.label(f"▲ {texts('duty.late')}").classes("late")
            if current.left_by is not None:
                ui.label(texts("duty.signed", who=current.left_by))
        self._signing.clear()
        if Right.HAND_OVER in self._frame.identity.rights:
            with self._signing:
                if current.left_by is None:
                    self._button(self._texts("duty.leave"), self._on_leave)
                else:
                    self._button(self._texts("duty.take"), self._on_take)

    def _show_sheet(self, current: Handover) -> None:
        sheet = current.sheet
        if sheet is None:
            return
        words = self._words()
        counts = sheet.counts
        self._counts.text = self._texts(
            "sheet.counts",
            since=words.when(sheet.since),
            at=words.when(sheet.at),
            raised=counts.alarms_raised,
            opened=counts.tickets_opened,
            closed=counts.tickets_closed,
        )
        self._audit.text = self._texts("sheet.audit", hash=sheet.audit) if sheet.audit else ""
        for table in TABLES:
            self._tables[table.name].show(list(table.rows(sheet, words)))

    def _key_row(self, loan: KeyLoan) -> Row:
        words = self._words()
        cells = (loan.key, loan.holder, words.when(loan.lent_at), words.when(loan.due_at))

        async def take_back() -> None:
            await self._do(lambda: self._services.keys.take_back(loan.id, who=self._worker()))

        may = Right.WORK in self._frame.identity.rights
        acts = ((self._texts("keys.take_back"), take_back),) if may else ()
        return Row(cells, acts)

    def _past_row(self, handover: Handover) -> Row:
        words = self._words()
        return Row(
            (
                f"{date_and_time(handover.begun_at, words.zone)} {self._shift(handover.shift)}",
                self._team(handover.team),
                f"{handover.left_by or ''} {words.when(handover.left_at)}".strip(),
                f"{handover.taken_by or ''} {words.when(handover.taken_at)}".strip(),
                "" if handover.late_at is None else self._texts("yes"),
            )
        )

    def _team(self, id_: str) -> str:
        teams = self._services.site.desk.shifts.teams
        return self._name({team.id: team.name for team in teams}, id_)

    def _shift(self, id_: str) -> str:
        times = self._services.site.desk.shifts.times
        return self._name({daily.id: daily.name for daily in times}, id_)

    def _name(self, names: Mapping[str, Text], id_: str) -> str:
        """The plan may have changed since: then the id stands."""
        return names[id_].in_(self._texts.language) if id_ in names else id_

    def _words(self) -> Words:
        site, language = self._services.site, self._texts.language
        names = device_names(site, language)
        return Words(self._texts, site.time_zone, self._services.clock(), names)

    def _button(self, word: str, on_click: Callable[[], Awaitable[None]]) -> None:
        button = ui.button(word, color=None, on_click=on_click)
        button.props("no-caps unelevated").classes("act")

    # --- what the person does ----------------------------------------------------------------

    async def _on_leave(self) -> None:
        await self._sign(self._services.shifts.leave)

    async def _on_take(self) -> None:
        await self._sign(self._services.shifts.take)

    async def _sign(self, sign: Callable[..., Awaitable[Handover]]) -> None:
        current = self._current
        if current is not None:
            await self._do(lambda: sign(current.id, who=self._frame.actor(Right.HAND_OVER)))

    async def _on_note(self) -> None:
        text = self._note.value or ""
        if await self._do(lambda: self._services.shifts.note(text, who=self._worker())):
            self._note.value = ""

    async def _on_lend(self) -> None:
        texts = self._texts
        fields = (
            Field("key", texts("head.key"), Asked.LINE),
            Field("holder", texts("head.holder"), Asked.LINE),
        )

        async def lend(said: Answers) -> bool:
            keys = self._services.keys
            return await self._do(
                lambda: keys.lend(said["key"], said["holder"], who=self._worker())
            )

        self._lending.ask(texts("keys.lend"), fields, lend)

    def _worker(self) -> Actor:
        return self._frame.actor(Right.WORK)
