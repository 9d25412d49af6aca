"""A door's machine in an engine, played a story to."""

from collections.abc import Mapping, Sequence
from datetime import time
from zoneinfo import ZoneInfo

from gateway.access.door import Door
from gateway.access.engine import Engine, Turn
from gateway.access.machine import AnyMachine, Wish
from gateway.desk.calendars import WorkingTime
from gateway.model.clock import SECOND, Micros
from gateway.model.command import Action
from gateway.model.point import Point, PointKind
from gateway.model.reading import TICK, Quality, Reading, Value
from gateway.model.text import Text
from gateway.site.access_model import DoorSettings, OfficeHours
from gateway.site.model import Confirmation, Device, MqttAddress
from gateway.site.timing_model import Calendar, Hours
from tests.gateway.samples import NOON

TIMES = DoorSettings(sounder="buzzer")
"""Released for 5 s; open for 30 s, the last 10 of which it sounds; locked again within 3 s."""

ALL = ("lock", "double-lock", "exit-request", "access")
DERIVED = ("alarm", "bolt", "exit-button", "mode", "passage")
EVENTS = ("access", "passage")
LOCKS = (Action.OPEN, Action.LOCK, Action.UNLOCK, Action.LOCK_OPEN)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHTS = Calendar({day: (Hours(time(22), time(6)),) for day in range(7)})
"""Office hours of a night shift: 22:00 to 6:00, NOON being 06:13 there."""
EARLY = Calendar({day: (Hours(time(6, 30), time(7)),) for day in range(7)})


def device(id_: str = "door", told: Sequence[str] = ALL, times: DoorSettings = TIMES) -> Device:
    """A door that can be told to lock and unlock where it has a lock."""
    return Device(
        id=id_,
        kind="door",
        name=Text("Door", "门"),
        place=Text("Hall", "大厅"),
        connection="broker",
        address=MqttAddress("gatehouse-json", id_),
        points=tuple(_point(id_, name) for name in ("contact", *told, *DERIVED)),
        commands={
            action: Confirmation(f"{id_}/lock", frozenset({"locked"}), SECOND)
            for action in LOCKS
            if "lock" in told
        },
        door=times,
    )


def _point(device: str, name: str) -> Point:
    kind = PointKind.EVENT if name in EVENTS else PointKind.STATE
    return Point(f"{device}/{name}", kind, Text(name, name), derived=name in DERIVED)


def door(
    told: Sequence[str] = ALL,
    times: DoorSettings = TIMES,
    hours: Calendar | None = None,
    id_: str = "door",
    fires: frozenset[str] = frozenset(),
) -> Door:
    """The machine of such a door."""
    working = None if hours is None else WorkingTime(hours, SHANGHAI)
    return Door(device(id_, told, times), times, working, fires)


def with_hours(*, first_person: bool = False) -> DoorSettings:
    """Such a door with office hours."""
    return DoorSettings(office=OfficeHours("office", first_person=first_person))


class Story:
    """What happens to machines, from NOON on; `told` is what they said, as "alarm forced", and
    `wishes` what they asked for."""

    def __init__(self, *machines: AnyMachine) -> None:
        self.machines = machines or (door(),)
        self.now: Micros = NOON
        self.engine = Engine(self.machines, {}, NOON, 0)
        self.told: list[str] = []
        self.wishes: list[Wish] = []
        self.turns: list[Turn] = []
        self._seq = 0

    def says(
        self,
        point: str,
        value: Value,
        *,
        ago: float | None = None,
        quality: Quality = Quality.GOOD,
        door: str = "door",
    ) -> "Story":
        """`ago`: the device's own clock puts it so many seconds back."""
        taken_at = self.now if ago is None else self.now - int(ago * SECOND) - 1
        return self._take(Reading(f"{door}/{point}", value, taken_at, self.now, quality))

    def contact(self, word: str, **more: float) -> "Story":
        return self.says("contact", word, ago=more.get("ago"))

    def swipes(self, result: str = "granted", ago: float | None = None, **more: object) -> "Story":
        return self.says("access", {"result": result, "credential": "42", **more}, ago=ago)

    def presses(self) -> "Story":
        return self.says("exit-request", "pressed").says("exit-request", "released")

    def orders(self, action: Action, who: str = "li", **more: object) -> "Story":
        order = {"id": f"{action}-{self._seq}", "action": action.value, "who": who, "reason": "x"}
        return self.says("order", {**order, **more})

    def goes_silent(self) -> "Story":
        for point in ("contact", "lock", "exit-request"):
            self.says(point, None, quality=Quality.OFFLINE)
        return self

    def waits(self, seconds: float) -> "Story":
        """Tick by tick, as the service does it."""
        until = self.now + int(seconds * SECOND)
        while (due := self.engine.deadline) is not None and due <= until:
            self.now = max(self.now, due)
            self._take(Reading(TICK, float(due), self.now, self.now))
        self.now = until
        return self

    def restarts(self, at: Micros) -> "Story":
        """The gateway, at that time by its clock."""
        self.now = at
        self.engine = Engine(self.machines, self.engine.states, at, self._seq)
        return self

    def shows(self, point: str, door: str = "door") -> tuple[Value, Quality]:
        return self.engine.shown()[f"{door}/{point}"]

    def since(self) -> list[str]:
        """What was told since it was asked last."""
        told, self.told = self.told, []
        return told

    def _take(self, reading: Reading) -> "Story":
        self._seq += 1
        for turn in self.engine.take(reading.at(self._seq)):
            self.turns.append(turn)
            self.told += [
                _words(said)
                for said in turn.readings(self.now, again=False)
                if said.quality is Quality.GOOD
            ]
            self.wishes += turn.wishes
        assert self.engine.fault is None
        return self


def _words(said: Reading) -> str:
    name = said.point.rpartition("/")[2]
    if isinstance(said.value, Mapping):
        return f"{name} {said.value['by']} {said.value['result']}"
    return f"{name} {said.value}"
