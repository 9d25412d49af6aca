"""What a run leaves behind of doors, barriers and fires."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.crash.access.field import Order
from tests.crash.load import Value
from tests.crash.stored import Alarm, Command, GateLine, Row, Ticket


@dataclass(frozen=True)
class AccessEvidence:
    """Of a whole run. `answers`: see Deeds; the rest as the stores hold it."""

    journal: tuple[Row, ...]
    alarms: tuple[Alarm, ...]
    tickets: tuple[Ticket, ...]
    commands: tuple[Command, ...]
    gate_lines: tuple[GateLine, ...]
    on_site: tuple[str, ...]
    orders: tuple[Order, ...]
    answers: Mapping[str, Mapping[str, Any] | None]

    @cached_property
    def said(self) -> Mapping[str, Sequence[tuple[str, Value]]]:
        """By device, the names and values of its good readings, in order."""
        said: dict[str, list[tuple[str, Value]]] = defaultdict(list)
        for row in self.journal:
            if row.good and row.value is not None:
                device, _, name = row.point.rpartition("/")
                said[device].append((name, row.value))
        return said

    def words(self, point: str) -> list[Value]:
        """What a point said, in order."""
        device, _, name = point.rpartition("/")
        return [value for said, value in self.said.get(device, ()) if said == name]

    def last(self, point: str) -> Value | None:
        """What a point said last."""
        return next(reversed(self.words(point)), None)

    def raised(self, rule: str) -> tuple[int, int]:
        """How often that alarm was raised, and how many tickets were opened for it."""
        moves = (alarm.moves.count("raise") for alarm in self.alarms if alarm.rule == rule)
        opened = (t.entries.count("opened") for t in self.tickets if t.rule == rule)
        return sum(moves), sum(opened)

    def rounds(self, kind: str) -> list[int]:
        """Those of which a device of that kind has said something."""
        numbers = (device.split("-") for device in self.said if device.startswith(f"{kind}-"))
        return sorted(int(number) for _, number in numbers)
