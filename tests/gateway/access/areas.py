"""An anti-passback area with a way in, a way out and a fire linkage, told by its doors' events."""

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.access.passback import Passback, passback
from gateway.model.clock import Micros
from gateway.model.text import Text
from gateway.site.access_model import Direction
from gateway.site.held_model import FireSettings, PassbackDoor, PassbackMode, PassbackSettings
from gateway.site.model import Device, HeldAddress, Site
from tests.gateway.access.played import Played
from tests.gateway.samples import site

DOORS = (PassbackDoor("gate"), PassbackDoor("garden", Direction.OUT))
"""At `gate` in leads in; `garden` is a door of another area too: out of that one leads in here."""

FORTH = {"gate": ("in", "out"), "garden": ("out", "in")}
"""The directions that lead in and out, by door."""


def where(mode: PassbackMode = PassbackMode.HARD, **settings: object) -> Site:
    """In Shanghai, where NOON is 06:13 in the morning."""
    text = Text("court", "院")
    own = {"connection": "own", "address": HeldAddress(), "points": ()}
    kept = PassbackSettings(DOORS, mode, **settings)  # type: ignore[arg-type]  # tests' own
    fire = Device("fire", "fire", text, text, **own, fire=FireSettings(("panel/fire",), ("gate",)))  # type: ignore[arg-type]
    court = Device("court", "passback", text, text, **own, passback=kept)  # type: ignore[arg-type]
    return replace(site(Path(), ()), devices=(fire, court), time_zone=ZoneInfo("Asia/Shanghai"))


def area(mode: PassbackMode = PassbackMode.HARD, **settings: object) -> Passback:
    """The court's machine."""
    here = where(mode, **settings)
    machine = passback(here.devices[1], here)
    assert machine is not None
    return machine


class Court(Played):
    """What happens at its doors; a card is a name."""

    def __init__(self, mode: PassbackMode = PassbackMode.HARD, **settings: object) -> None:
        super().__init__(area(mode, **settings))

    def tap(self, who: str, *, enters: bool, door: str = "gate", result: str = "asked") -> None:
        """A card at a reader."""
        way = FORTH[door][0 if enters else 1]
        self.tell(f"{door}/access", {"result": result, "credential": who, "direction": way})

    def passes(
        self,
        who: str,
        *,
        enters: bool,
        door: str = "gate",
        result: str = "taken",
        taken_at: Micros | None = None,
    ) -> None:
        """What the door's machine makes of it."""
        way = FORTH[door][0 if enters else 1]
        value = {"by": "credential", "result": result, "credential": who, "direction": way}
        self.tell(f"{door}/passage", value, taken_at=taken_at)

    def goes(self, who: str, *, enters: bool, door: str = "gate") -> None:
        """Shows the card and goes through, and two seconds pass."""
        self.tap(who, enters=enters, door=door)
        self.now += 1
        self.passes(who, enters=enters, door=door)
        self.wait(2_000_000)

    def is_let_in(self, who: str) -> bool:
        """Whether the door is opened for the card, two seconds later."""
        self.wait(2_000_000)
        wishes = len(self.wishes)
        self.tap(who, enters=True)
        return len(self.wishes) > wishes

    def on_roll(self) -> set[str]:
        """The cards of those inside."""
        return {known.credential for known in self.state.people if known.present}

    def second_entries(self) -> list[object]:
        """The results of those that were told."""
        return [event.value["result"] for event in self.events]
