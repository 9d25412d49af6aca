"""What is out of the normal now, in one place: alarms shelved, out of service, hidden by design;
doors, barriers and zones that stand otherwise than as a rule."""

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui import ui

from dashboards.board import News
from dashboards.device_names import device_names
from dashboards.form import Answers, Asked, Field, Form
from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.moments import moment
from dashboards.refreshed import RefreshedPage
from dashboards.refusal import Refusal
from dashboards.shelving import how_long_and_why
from dashboards.standing_orders import HEADS as STANDING_HEADS
from dashboards.standing_orders import standing_row
from dashboards.texts import Texts
from gateway.alarms.suppression import OutOfService, Shelving
from gateway.desk.suppressions import Quiet
from gateway.feed import Changes
from gateway.model.alarm import Suppressing
from gateway.model.clock import DAY, Micros
from gateway.model.rule import NEVER_SHELVED
from gateway.security.roles import Right

USUAL_REVIEW: Final[Micros] = 7 * DAY

HEADS: Final = ("what", "device", "how", "since", "until", "who", "reason", "state")

_RIGHTS: Final = {
    Suppressing.SHELVED: Right.SHELVE,
    Suppressing.OUT_OF_SERVICE: Right.OUT_OF_SERVICE,
}


class QuietPage(RefreshedPage):
    """A Page."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._devices = {device.id: device for device in frame.services.site.devices}

    def build(self, texts: Texts) -> None:
        """See Page."""
        self._texts = texts
        rights = self._frame.identity.rights
        with ui.element("div").classes("columns quiet-page"):
            self._refusal = Refusal(texts)
            with ui.element("div").classes("acts"):
                if Right.SHELVE in rights:
                    self._button(texts("quiet.shelve"), self._ask_shelve)
                if Right.OUT_OF_SERVICE in rights:
                    self._button(texts("quiet.out_of_service"), self._ask_out_of_service)
            self._form = Form(texts, self._zone)
            heads = [texts(f"head.{head}") for head in HEADS]
            self._list = Listing("table-quiet", texts("quiet.title"), heads, texts("quiet.none"))
            heads = [texts(f"head.{head}") for head in STANDING_HEADS]
            self._standing = Listing(
                "table-standing", texts("sheet.standing"), heads, texts("sheet.none")
            )

    async def look(self) -> None:
        """See RefreshedPage."""
        quiet = await self._services.suppressions.quiet()
        self._list.show([self._row(each) for each in quiet])
        names, now = device_names(self._services.site, self._texts.language), self._services.clock()
        self._standing.show(
            [
                standing_row(each, names, now, self._zone, self._texts)
                for each in await self._services.standing_orders.all()
            ]
        )

    async def take(self, changes: Changes, news: News, /) -> None:
        """See Page. A ticket may come or go with what is kept quiet."""
        await (self.show() if news.tickets else super().take(changes, news))

    # --- what the page shows -----------------------------------------------------------------

    def _row(self, quiet: Quiet) -> Row:
        suppression, rule, alarm = quiet.suppression, quiet.rule, quiet.alarm
        language = self._texts.language
        device = None if rule is None else self._devices.get(rule.device)
        ends = suppression.until
        active = alarm is not None and alarm.active
        cells = (
            suppression.rule if rule is None else rule.title.in_(language),
            "" if device is None else f"{device.name.in_(language)} · {device.place.in_(language)}",
            self._texts(f"suppressing.{suppression.kind}"),
            self._when(suppression.since),
            self._texts("quiet.with_parent") if ends is None else self._when(ends),
            " + ".join(who for who in (suppression.who, suppression.approved_by) if who),
            " · ".join(said for said in (suppression.work_order, suppression.reason) if said),
            self._texts("alarm.active" if active else "quiet.nothing"),
        )
        return Row(cells, self._acts(quiet))

    def _acts(self, quiet: Quiet) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        suppression = quiet.suppression
        right = _RIGHTS.get(suppression.kind)
        if right is None or right not in self._frame.identity.rights:
            return ()
        services = self._services.suppressions
        end = services.unshelve if right is Right.SHELVE else services.back_in_service

        async def ended() -> None:
            await self._do(lambda: end(suppression.id, who=self._frame.actor(right)))

        return ((self._texts("quiet.end"), ended),)

    def _when(self, instant: Micros) -> str:
        return moment(instant, self._services.clock(), self._zone)

    def _button(self, word: str, on_click: Callable[[], Awaitable[None]]) -> None:
        button = ui.button(word, color=None, on_click=on_click)
        button.props("no-caps unelevated").classes("act")

    # --- what the person does ----------------------------------------------------------------

    async def _ask_shelve(self) -> None:
        texts, now = self._texts, self._services.clock()
        fields = (
            Field("rule", texts("head.rule"), Asked.CHOICE, self._rules(NEVER_SHELVED)),
            *how_long_and_why(now, texts),
        )
        self._form.ask(texts("quiet.shelve"), fields, self._shelve)

    async def _shelve(self, said: Answers) -> bool:
        asked = Shelving(said["rule"], said["until"], said["reason"])
        shelve = self._services.suppressions.shelve
        return await self._do(lambda: shelve(asked, who=self._frame.actor(Right.SHELVE)))

    async def _ask_out_of_service(self) -> None:
        texts, now = self._texts, self._services.clock()
        fields = (
            Field("rule", texts("head.rule"), Asked.CHOICE, self._rules(frozenset())),
            Field("review", texts("quiet.review"), Asked.MOMENT, value=now + USUAL_REVIEW),
            Field("work_order", texts("quiet.work_order"), Asked.LINE),
            Field("approved_by", texts("quiet.approved_by"), Asked.LINE),
            Field("approval", texts("quiet.approval"), Asked.SECRET),
            Field("reason", texts("head.reason"), Asked.LINE),
        )
        self._form.ask(texts("quiet.out_of_service"), fields, self._out_of_service)

    async def _out_of_service(self, said: Answers) -> bool:
        approval = said["approval"]
        asked = OutOfService(**{name: word for name, word in said.items() if name != "approval"})

        async def take() -> None:
            who = self._frame.actor(Right.OUT_OF_SERVICE)
            accounts = self._services.accounts
            second, right = asked.approved_by, Right.OUT_OF_SERVICE
            await accounts.countersign(second, approval, right, address=who.place)
            await self._services.suppressions.out_of_service(asked, who=who)

        return await self._do(take)

    def _rules(self, never: frozenset[object]) -> dict[str, str]:
        language = self._texts.language
        return {
            rule.id: f"{rule.title.in_(language)} · {self._devices[rule.device].name.in_(language)}"
            for rule in self._services.site.rules
            if rule.alarm_class not in never and rule.device in self._devices
        }
