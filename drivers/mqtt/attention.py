"""Connected, but silent: whether a connection that stands brings anything. Pure.

The gateway says on its own topic that it is online, and hears itself: when that no longer comes
round, neither does what devices say (Telegraf 16293). Where it never came round (its user may not
read or write there) that proves nothing.
"""

from collections.abc import Iterable
from typing import Final

from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.point import Point

ANNOUNCED_EVERY: Final[Micros] = MINUTE
COMES_ROUND_WITHIN: Final[Micros] = 20 * SECOND


class Attention:
    """Of one connection, over all its sessions."""

    def __init__(self, points: Iterable[Point]) -> None:
        periods = [point.period for point in points if point.period is not None]
        self._longest = max(periods, default=None)
        self._connected = False
        self._heard_at: Micros = 0
        self._asked_at: Micros = 0
        self._waits = False
        self._proven = False
        self._deaf = False
        self._silent = False

    def connected(self, now: Micros) -> None:
        """A session begins. A connection that was silent is so until a device speaks."""
        self._connected = True
        self._heard_at = now
        self.asked(now)

    def lost(self) -> None:
        """It has ended."""
        self._connected = False

    def asked(self, now: Micros) -> None:
        """The gateway has said something to itself."""
        self._asked_at = now
        self._waits = True

    def came_round(self) -> None:
        """It has heard itself."""
        self._proven = True
        self._waits = self._deaf = False

    def heard(self, now: Micros) -> None:
        """A device has spoken."""
        self._heard_at = now
        self._silent = False

    def fails(self, now: Micros) -> bool:
        """Whether the gateway does not hear itself: another connection may."""
        due = self._asked_at + COMES_ROUND_WITHIN
        self._deaf = self._deaf or (self._proven and self._waits and now >= due)
        return self._deaf and self._waits and now >= due

    def wait(self, now: Micros) -> Micros:
        """How long until it is to be looked at again, or to be asked."""
        next_look = COMES_ROUND_WITHIN if self._proven and self._waits else ANNOUNCED_EVERY
        return max(self._asked_at + next_look - now, 0)

    def is_to_ask(self, now: Micros) -> bool:
        """Whether the gateway is to say something to itself now."""
        return now - self._asked_at >= ANNOUNCED_EVERY

    def doubt(self, now: Micros) -> str | None:
        """Why nothing may be heard though the connection stands, or stood last."""
        longest = self._longest
        if self._connected and longest is not None and now - self._heard_at > longest:
            self._silent = True
        if self._deaf:
            return "the broker brings nothing, not even what the gateway says itself"
        if self._silent:
            return "connected, but no device has said anything for longer than its period"
        return None
