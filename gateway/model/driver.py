"""The seam between drivers and the gateway."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from gateway.model.command import Command
from gateway.model.line_figures import LineFigures
from gateway.model.reading import Reading
from gateway.model.still import Still


class Sink(Protocol):
    """Where readings go."""

    async def __call__(self, readings: Sequence[Reading], /) -> None:
        """Takes readings in order and returns once all are durable in the journal. Cancelling the
        wait does not withdraw them. Those that were given before, as their `delivery` tells, are
        left out."""


class DeadLetters(Protocol):
    """Where what could not be understood is counted and kept readable."""

    def __call__(self, source: str, reason: str, payload: bytes) -> None:
        """`source`: topic or address; `reason`: a short code; `payload`: as received."""


class Driver(Protocol):
    """One connection to the field. Its lifetime is one call of `run`."""

    @property
    def name(self) -> str:
        """The connection's id in the site file, for logs and health."""

    async def run(self, sink: Sink) -> None:
        """Read devices into `sink` until cancelled, leaving nothing running. The first call of
        `sink`, with readings or none, says that the connection is there.

        Raises gateway.errors.Unreachable when the connection as a whole fails: the supervisor
        calls `run` again after a back-off. What concerns one device or one block is dealt with
        inside and shows as the quality of its readings, or as silence.
        """


@runtime_checkable
class Commander(Protocol):
    """A driver that can also hand commands to its devices."""

    @property
    def name(self) -> str:
        """The connection's id in the site file."""

    async def send(self, command: Command) -> None:
        """Hand a command to its device now, or never: it is not kept for later. Returns once the
        device, or the broker before it, has taken it over, which confirms nothing.

        Raises Refused when the device knows no such command or the command has expired, and
        Unreachable when it cannot be handed over now: Unanswered, one of these, when it may have
        been all the same.
        """


@runtime_checkable
class Looker(Protocol):
    """A driver of cameras."""

    @property
    def name(self) -> str:
        """The connection's id in the site file."""

    async def still(self, camera: str) -> Still:
        """What the camera sees from now on: the next picture. Raises Unreachable when none comes
        within three seconds."""


@runtime_checkable
class Doubting(Protocol):
    """A driver that can be connected and hear nothing all the same."""

    @property
    def doubt(self) -> str | None:
        """Why it may hear nothing though its connection stands, or stood last; None: it hears."""


@runtime_checkable
class PassingOver(Protocol):
    """A driver that is told more than it was asked to watch."""

    @property
    def passed_over(self) -> int:
        """Messages since the start that it understood, and that told nothing of any point."""


@runtime_checkable
class Measured(Protocol):
    """A driver that counts how its line and the units on it are doing."""

    def figures(self) -> LineFigures:
        """As of now."""
