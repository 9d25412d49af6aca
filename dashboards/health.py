"""How the gateway itself is doing, for the engineer: what it is connected to, what follows the
journal, and the messages nobody could read."""

from typing import Final

from nicegui import ui

from dashboards.board import News
from dashboards.discovery import DiscoveryPanel
from dashboards.frame import Frame
from dashboards.listing import Listing, Row
from dashboards.moments import moment
from dashboards.texts import Texts
from dashboards.unit_listing import UnitListing
from gateway.feed import Changes
from gateway.health import Health
from gateway.model.clock import SECOND, Micros

REFRESH_EVERY: Final[Micros] = 2 * SECOND
NEWEST: Final = 100
"""Dead letters listed."""

CONNECTIONS: Final = ("connection", "state", "since", "restarts", "passed_over")
FOLLOWERS: Final = ("follower", "behind", "state")
REASONS: Final = ("reason", "count")
LETTERS: Final = ("when", "topic", "reason", "payload")
HEADS: Final = (*CONNECTIONS, *FOLLOWERS, *REASONS, *LETTERS)


class HealthPage:
    """A Page."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._services = frame.services
        self._zone = frame.services.site.time_zone
        self._shown_at: Micros = 0

    def build(self, texts: Texts) -> None:
        """See Page."""
        self._texts = texts
        with ui.element("div").classes("columns quiet-page"):
            self._connections = self._listing("connections", CONNECTIONS)
            self._units = UnitListing(texts, self._when)
            self._followers = self._listing("followers", FOLLOWERS)
            self._reasons = self._listing("reasons", REASONS)
            self._letters = self._listing("letters", LETTERS)
            DiscoveryPanel(self._frame, texts)

    async def show(self) -> None:
        """See Page."""
        self._shown_at = self._services.clock()
        health = self._services.health()
        self._connections.show(self._connected(health))
        self._units.show(health.lines)
        self._followers.show(self._following(health))
        counts = sorted(health.dead_letter_counts.items(), key=lambda count: -count[1])
        self._reasons.show([Row((self._why(reason), str(count))) for reason, count in counts])
        self._letters.show(
            [
                Row((self._when(letter.at), letter.source, self._why(letter.reason), letter.head))
                for letter in health.dead_letters[:NEWEST]
            ]
        )

    async def take(self, _changes: Changes, _news: News, /) -> None:
        """See Page."""
        if self._services.clock() - self._shown_at > REFRESH_EVERY:
            await self.show()

    async def run(self) -> None:
        """See Page."""

    async def press(self, key: str) -> None:
        """See Page."""

    def _connected(self, health: Health) -> list[Row]:
        return [
            Row(
                (
                    each.name,
                    self._state(each.fault),
                    self._when(each.since),
                    str(each.restarts),
                    str(each.passed_over),
                )
            )
            for each in health.drivers
        ]

    def _following(self, health: Health) -> list[Row]:
        return [
            Row((each.name, str(each.behind), self._state(each.fault))) for each in health.followers
        ]

    def _why(self, reason: str) -> str:
        """With its code: by that the documentation lists it."""
        told = self._texts.word("letter", reason)
        return told if told == reason else f"{told} ({reason})"

    def _state(self, fault: str | None) -> str:
        return self._texts("health.well") if fault is None else fault

    def _listing(self, family: str, heads: tuple[str, ...]) -> Listing:
        texts = self._texts
        titles = {
            "connections": texts("health.connections"),
            "followers": texts("health.followers"),
            "reasons": texts("health.reasons"),
            "letters": texts("health.letters"),
        }
        words = [texts(f"head.{head}") for head in heads]
        return Listing(
            f"table-{family}", titles[family], words, texts("health.none"), counted=False
        )

    def _when(self, instant: Micros) -> str:
        return moment(instant, self._services.clock(), self._zone)
