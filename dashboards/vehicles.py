"""Vehicles: who is on site, who may pass, and what came and went."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from nicegui import ui

from dashboards.form import Answers, Asked, Field, Form
from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.moments import moment
from dashboards.refreshed import RefreshedPage
from dashboards.refusal import Refusal
from dashboards.texts import Texts
from gateway.access.passes import NewPass
from gateway.access.plates import Pass, PassKind
from gateway.access.vehicles import GateRecord, OnSite
from gateway.model.clock import Micros
from gateway.security.roles import Right

ON_SITE: Final = ("plate", "owner", "since", "device")
PASSES: Final = ("plate", "pass", "owner", "since", "until", "device")
RECORDS: Final = ("when", "device", "what", "outcome", "plate", "owner", "who", "reason")
HEADS: Final = (*ON_SITE, *PASSES, *RECORDS)

NEWEST: Final = 100
"""Passes and lines of the record listed."""


class VehiclesPage(RefreshedPage):
    """A Page."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._barriers = {
            device.id: device.name
            for device in frame.services.site.devices
            if device.kind == "barrier"
        }

    def build(self, texts: Texts) -> None:
        """See Page."""
        self._texts = texts
        with ui.element("div").classes("columns quiet-page"):
            self._refusal = Refusal(texts)
            if self._may(Right.MANAGE_PASSES):
                with ui.element("div").classes("acts"):
                    button = ui.button(texts("passes.add"), color=None, on_click=self._ask_add)
                    button.props("no-caps unelevated").classes("act")
            self._form = Form(texts, self._zone)
            self._on_site = self._listing("table-on-site", "vehicles", ON_SITE)
            self._records = self._listing("table-gate", "gate", RECORDS)
            self._passes = self._listing("table-passes", "passes", PASSES)

    async def look(self) -> None:
        """See RefreshedPage."""
        vehicles = self._services.vehicles
        inside = await vehicles.on_site()
        records = await vehicles.records(limit=NEWEST)
        passes = await self._services.passes.passes(limit=NEWEST)
        self._on_site.show([self._inside(each) for each in inside])
        self._records.show([self._recorded(each) for each in records])
        self._passes.show([self._registered(each) for each in passes])

    # --- what the page shows -----------------------------------------------------------------

    def _listing(self, kind: str, family: str, heads: tuple[str, ...]) -> Listing:
        texts = self._texts
        words = [texts(f"head.{head}") for head in heads]
        titles = {
            "vehicles": (texts("vehicles.title"), texts("vehicles.none")),
            "gate": (texts("gate.title"), texts("gate.none")),
            "passes": (texts("passes.title"), texts("passes.none")),
        }
        return Listing(kind, titles[family][0], words, titles[family][1], counted=family != "gate")

    def _inside(self, vehicle: OnSite) -> Row:
        barrier = self._name(vehicle.barrier)
        cells = (vehicle.plate, vehicle.holder, self._when(vehicle.since), barrier)
        if not self._may(Right.WORK):
            return Row(cells)
        left = partial(self._services.vehicles.leave, vehicle.plate)
        title = f"{vehicle.plate}: {self._texts('vehicles.left')}"
        return Row(
            cells, ((self._texts("vehicles.left"), self._asks_why(title, left, Right.WORK)),)
        )

    def _recorded(self, line: GateRecord) -> Row:
        texts = self._texts
        outcome = texts.word("outcome", line.outcome)
        cells = (
            self._when(line.at),
            self._name(line.barrier),
            texts.word("gate_record", line.what),
            " · ".join(
                [outcome, texts.word("said", line.direction)] if line.direction else [outcome]
            ),
            line.plate or "",
            line.holder,
            line.who,
            line.reason,
        )
        if line.what != "manual-opening" or line.reason or not self._may(Right.WORK):
            return Row(cells)
        explain = partial(self._services.vehicles.explain, line.id)
        why = self._asks_why(texts("gate.explain"), explain, Right.WORK)
        return Row(cells, ((texts("gate.explain"), why),))

    def _registered(self, found: Pass) -> Row:
        texts, end_at = self._texts, found.valid_until
        where = ", ".join(self._name(barrier) for barrier in found.barriers)
        cells = (
            found.plate,
            texts(f"pass.{found.kind}"),
            found.holder,
            self._when(found.valid_from),
            texts("passes.no_end") if end_at is None else self._when(end_at),
            where or texts("passes.everywhere"),
        )
        if not self._may(Right.MANAGE_PASSES):
            return Row(cells)
        end = partial(self._services.passes.end, found.id)
        title = f"{found.plate}: {texts('passes.end')}"
        asks = self._asks_why(title, end, Right.MANAGE_PASSES)
        return Row(cells, ((texts("passes.end"), asks),))

    def _name(self, barrier: str) -> str:
        name = self._barriers.get(barrier)
        return barrier if name is None else name.in_(self._texts.language)

    def _when(self, instant: Micros) -> str:
        return moment(instant, self._services.clock(), self._zone)

    def _may(self, right: Right) -> bool:
        return right in self._frame.identity.rights

    # --- what the person does ----------------------------------------------------------------

    def _asks_why(
        self, title: str, act: Callable[..., Awaitable[object]], right: Right
    ) -> Callable[[], Awaitable[None]]:
        async def done(said: Answers) -> bool:
            return await self._do(lambda: act(said["reason"], who=self._frame.actor(right)))

        async def ask() -> None:
            self._form.ask(title, (Field("reason", self._texts("head.reason"), Asked.LINE),), done)

        return ask

    async def _ask_add(self) -> None:
        texts = self._texts
        kinds = {kind.value: texts(f"pass.{kind}") for kind in PassKind}
        barriers = {id_: self._name(id_) for id_ in self._barriers}
        fields = (
            Field("plate", texts("head.plate"), Asked.LINE),
            Field("kind", texts("head.pass"), Asked.CHOICE, kinds, PassKind.MONTHLY.value),
            Field("holder", texts("head.owner"), Asked.LINE),
            Field("valid_to", texts("passes.until_or_not"), Asked.MOMENT, required=False),
            Field("barriers", texts("passes.only"), Asked.CHOICES, barriers, [], required=False),
        )
        self._form.ask(texts("passes.add"), fields, self._add)

    async def _add(self, said: Answers) -> bool:
        new = NewPass(
            plate=said["plate"],
            kind=PassKind(said["kind"]),
            holder=said["holder"],
            valid_to=said["valid_to"],
            barriers=tuple(said["barriers"] or ()),
        )
        who = self._frame.actor
        return await self._do(lambda: self._services.passes.add(new, who=who(Right.MANAGE_PASSES)))
