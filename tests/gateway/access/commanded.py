"""A gate that obeys, or does not, and who asks it: commands with everything real around them."""

from collections.abc import Callable
from dataclasses import replace

from gateway.access.authority import Asked
from gateway.access.command_book import CommandBook
from gateway.access.commands import Commands
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.live import Live
from gateway.model.actor import Actor
from gateway.model.clock import MILLISECOND, Micros
from gateway.model.command import Action, Command, Outcome
from gateway.model.point import Point, PointKind
from gateway.model.reading import Reading
from gateway.model.text import Text
from gateway.security.audit_trail import AuditTrail, Wanted
from gateway.site.model import AccessSettings, Confirmation, Device, MqttAddress, Site
from tests.gateway.samples import NOON

LI = Actor("li", "operator", "desk-1")
UNLOCKED = Confirmation("gate/lock", frozenset({"unlocked"}), 200 * MILLISECOND)


def _state(name: str, *states: str, derived: bool = False) -> Point:
    text = Text(name, name)
    return Point(f"gate/{name}", PointKind.STATE, text, states=states, derived=derived)


GATE = Device(
    id="gate",
    kind="door",
    name=Text("Gate", "大门"),
    place=Text("Gate", "大门"),
    connection="broker",
    address=MqttAddress("gatehouse-json", "gate"),
    points=(
        _state("lock", "locked", "unlocked"),
        _state("mode", "locked", "locked-down", derived=True),
        _state("command", "confirmed", "failed", derived=True),
        Point("gate/clock", PointKind.NUMBER, Text("Clock", "时钟"), derived=True),
        Point("gate/order", PointKind.EVENT, Text("Order", "指令"), derived=True),
    ),
    commands={
        Action.OPEN: UNLOCKED,
        Action.UNLOCK: UNLOCKED,
        Action.LOCK_OPEN: UNLOCKED,
        Action.STOP: Confirmation("gate/lock", frozenset({"locked"}), 200 * MILLISECOND),
        Action.LOCK_DOWN: Confirmation("gate/mode", frozenset({"locked-down"}), 200 * MILLISECOND),
    },
)


class Door:
    """A fake of the connection and the door behind it: `answers` what it does with a command."""

    def __init__(self, journal: Journal, clock: Callable[[], Micros]) -> None:
        self.journal, self.clock = journal, clock
        self.name = "broker"
        self.sent: list[Command] = []
        self.fault: Exception | None = None
        self.answer: Reading | None = Reading("gate/lock", "unlocked", NOON, NOON)

    async def send(self, command: Command) -> None:
        if self.fault is not None:
            raise self.fault
        self.sent.append(command)
        if self.answer is not None:
            await self.journal.append([self.answer])


class Desk:
    """Commands over real stores. `objection` is what speaks against all of them."""

    def __init__(self, estate: Site, journal: Journal, live: Live, ledger: Ledger) -> None:
        self.now = NOON
        self.estate, self.journal, self.live, self.ledger = estate, journal, live, ledger
        self.door = Door(journal, lambda: self.now)
        self.held = Door(journal, lambda: self.now)
        self.held.answer = Reading("gate/mode", "locked-down", NOON, NOON)
        self.objection: str | None = None
        self.book = CommandBook(ledger)
        self.restart()

    def restart(self, settings: AccessSettings | None = None) -> None:
        self.commands = Commands(
            self.estate if settings is None else replace(self.estate, access=settings),
            {"broker": self.door},
            self.held,
            lambda _device, _action: self.objection,
            self.journal,
            self.live,
            self.book,
            lambda: self.now,
        )

    async def ask(self, action: Action = Action.OPEN, who: Actor = LI, **more: object) -> Outcome:
        asked = Asked("gate", action, "courier at the gate")
        return await self.commands.ask(replace(asked, **more), who)  # type: ignore[arg-type]

    async def audited(self) -> list[tuple[str, str, str]]:
        """Who, what, and what came of it, oldest first."""
        trail = AuditTrail(self.ledger).oldest(Wanted())
        return [(entry.who, entry.act, entry.after) async for entry in trail]

    async def told(self) -> object:
        """What the point that alarms hang on says."""
        newest = await self.journal.latest()
        return newest["gate/command"].value if "gate/command" in newest else None
