"""A lamp, a siren or a sounder that zones and doors switch on: on while any of them wants it.

Pure. It goes off with the last of those that share it. What it was to be and has not been seen to
be, a fresh reading of its own brings up again: after a restart too, where nothing is commanded
before the device has spoken. What people order of it is theirs to decide.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from gateway.access.held import ORDER_POINT
from gateway.access.instants import is_buffered
from gateway.access.machine import Shown, Step, Wish
from gateway.model.actor import GATEWAY
from gateway.model.clock import Micros
from gateway.model.command import LASTS_AT_MOST, Action
from gateway.model.reading import Quality, Reading
from gateway.site.model import Confirmation, Device, Site

BREACH: Final = "breach"
OPEN_TOO_LONG: Final = "door-open-too-long"
REASONS: Final = frozenset({BREACH, OPEN_TOO_LONG})
"""Why it is switched."""

AGAIN_AFTER: Final[Micros] = LASTS_AT_MOST
"""So long after it was last asked a reading asks for it again."""


class Holder(NamedTuple):
    """While its point says `word`, the output is wanted on."""

    point: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True)
class OutputState:
    """`holders`: the points that want it on. `awaited`: what it has not been seen to do since that
    was wanted, nobody having ordered otherwise; asked for at `asked_at` because of `reason`."""

    holders: frozenset[str] = frozenset()
    awaited: Action | None = None
    reason: str = BREACH
    asked_at: Micros = 0


def outputs(site: Site) -> Iterator["Output"]:
    """One for each device that a zone or a door switches."""
    wanted: defaultdict[str, list[Holder]] = defaultdict(list)
    for device in site.devices:
        for name, holder in _held_by(device):
            wanted[name].append(holder)
    for device in site.devices:
        if device.id in wanted:
            yield Output(device, tuple(wanted[device.id]))


class Output:
    """One device; see gateway.access.machine.Machine."""

    def __init__(self, device: Device, holders: tuple[Holder, ...]) -> None:
        self.id = device.id
        self._holders = {holder.point: holder for holder in holders}
        self._order = f"{device.id}/{ORDER_POINT}"
        self._switched: Mapping[Action, Confirmation] = {
            action: device.commands[action]
            for action in (Action.SWITCH_ON, Action.SWITCH_OFF)
            if action in device.commands
        }
        derived = {point.id for point in device.points if point.derived}
        self._shows = frozenset({f"{device.id}/switching"} & derived)

    @property
    def points(self) -> frozenset[str]:
        """What its holders and it say, and what people order of it."""
        states = (shows.point for shows in self._switched.values())
        return frozenset({*self._holders, *states, self._order})

    def begin(self) -> OutputState:
        """Nobody wants it on."""
        return OutputState()

    def shown(self, state: OutputState) -> Mapping[str, Shown]:
        """Whether it is as it was last wanted."""
        word = "as-wanted" if state.awaited is None else "awaited"
        return {point: Shown(word) for point in self._shows}

    def refusal(self, _state: OutputState, _device: str, _action: Action) -> None:
        """What people order is theirs to decide."""

    def deadline(self, _state: OutputState) -> Micros | None:
        """It waits for readings alone."""
        return None

    def elapse(self, state: OutputState, _now: Micros) -> Step[OutputState]:
        """See Machine."""
        return Step(state)

    def take(self, state: OutputState, reading: Reading, now: Micros) -> Step[OutputState]:
        """See Machine."""
        holder = self._holders.get(reading.point)
        if holder is not None and reading.value is not None:
            return self._wanted(state, holder, reading, now)
        if reading.quality is not Quality.GOOD:
            return Step(state)
        if reading.point == self._order:
            return Step(_ordered(state, reading.value))
        return Step(state) if is_buffered(reading) else self._said(state, reading, now)

    def _wanted(
        self, state: OutputState, holder: Holder, reading: Reading, now: Micros
    ) -> Step[OutputState]:
        """A new one switches it on, by however slow a clock; the last one off, and where that is
        told late, once it is seen to be on."""
        point = frozenset({holder.point})
        is_wanted = reading.value == holder.word
        doubtful = is_wanted and reading.quality is not Quality.GOOD
        if doubtful or is_wanted is (point <= state.holders):
            return Step(state)
        holders = state.holders | point if is_wanted else state.holders - point
        state = replace(state, holders=holders)
        if holders and not is_wanted:
            return Step(state)
        if is_wanted and is_buffered(reading):
            return Step(replace(state, awaited=None))
        action = Action.SWITCH_ON if is_wanted else Action.SWITCH_OFF
        state = replace(state, awaited=action, reason=holder.reason, asked_at=0)
        late = not is_wanted and reading.taken_at < reading.received_at - LASTS_AT_MOST
        return Step(state) if late else self._asked(state, action, now)

    def _said(self, state: OutputState, reading: Reading, now: Micros) -> Step[OutputState]:
        """How it is now: as it was to be, or not."""
        awaited = state.awaited
        shows = None if awaited is None else self._switched.get(awaited)
        if awaited is None or shows is None or reading.point != shows.point:
            return Step(state)
        if reading.value in shows.states:
            return Step(replace(state, awaited=None))
        again = not 0 <= now - state.asked_at < AGAIN_AFTER
        return self._asked(state, awaited, now) if again else Step(state)

    def _asked(self, state: OutputState, action: Action, now: Micros) -> Step[OutputState]:
        wish = Wish(self.id, action, state.reason)
        wishes = (wish,) if action in self._switched else ()
        return Step(replace(state, asked_at=now), wishes=wishes)


def _ordered(state: OutputState, order: object) -> OutputState:
    """Somebody has decided; the gateway's own orders are known."""
    own = isinstance(order, Mapping) and order.get("who") == GATEWAY.user
    return state if own else replace(state, awaited=None)


def _held_by(device: Device) -> Iterator[tuple[str, Holder]]:
    """What that device switches, and when."""
    if device.zone is not None:
        for lamp in device.zone.lamps:
            yield lamp, Holder(f"{device.id}/alarm", "breach", BREACH)
        for siren in device.zone.sirens:
            yield siren, Holder(f"{device.id}/siren", "sounding", BREACH)
    if device.door is not None and device.door.sounder is not None:
        yield device.door.sounder, Holder(f"{device.id}/alarm", "pre-alarm", OPEN_TOO_LONG)
