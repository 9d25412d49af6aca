"""The roster: who belongs to which team, for those who say so."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from nicegui import ui

from dashboards.form import Answers, Asked, Field, Form
from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.moments import moment
from dashboards.texts import Texts
from gateway.desk.roster import Place
from gateway.model.clock import Micros
from gateway.security.roles import Right

HEADS: Final = ("person", "team", "since", "set_by")

Do = Callable[[Callable[[], Awaitable[object]]], Awaitable[bool]]
"""Does an act and shows the page anew, or tells why it was not done; says whether it was."""

_NO_TEAM: Final = ""


class RosterPanel:
    """Built into the current container."""

    def __init__(self, frame: Frame, texts: Texts, teams: Mapping[str, str], do: Do) -> None:
        self._frame = frame
        self._services = frame.services
        self._texts = texts
        self._teams = teams
        self._do = do
        heads = [texts(f"head.{head}") for head in HEADS]
        self._list = Listing("table-roster", texts("roster.title"), heads, texts("roster.none"))
        with self._list.head.row:
            button = ui.button(texts("roster.put"), color=None, on_click=self._ask)
            button.props("no-caps unelevated dense").classes("act")
        self._form = Form(texts, frame.services.site.time_zone)

    async def show(self) -> None:
        """As it is now; what the gateway's errors say is for the caller."""
        self._list.show([self._row(place) for place in await self._services.roster.places()])

    def _row(self, place: Place) -> Row:
        now, zone = self._services.clock(), self._services.site.time_zone
        team = place.team or _NO_TEAM
        name = self._texts("roster.no_team") if team == _NO_TEAM else self._teams.get(team, team)
        return Row((place.user, name, moment(place.since, now, zone), place.set_by))

    async def _ask(self) -> None:
        texts = self._texts
        users = {u.name: u.name for u in await self._services.accounts.users() if not u.disabled}
        teams = {**self._teams, _NO_TEAM: texts("roster.no_team")}
        fields = (
            Field("user", texts("head.person"), Asked.CHOICE, users),
            Field("team", texts("head.team"), Asked.CHOICE, teams, next(iter(teams)), False),
            Field("since", texts("roster.since"), Asked.MOMENT, required=False),
        )
        self._form.ask(texts("roster.put"), fields, self._put)

    async def _put(self, said: Answers) -> bool:
        since: Micros | None = said["since"]

        async def put() -> None:
            who = self._frame.actor(Right.MANAGE_SHIFTS)
            await self._services.roster.put(said["user"], said["team"], since, who=who)

        return await self._do(put)
