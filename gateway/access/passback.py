"""Anti-passback: nobody comes into an area twice without having left it in between.

Pure. A passage that was taken tells where somebody is; what is not known for sure lets people in.
Soft tells of a second entry; hard refuses it where the reader asks the gateway. Ways out are
always granted, and what was known before a fire was over refuses nobody: nobody is ever kept in.
The roll of a fire's muster goes on through it: whoever was inside and has not been seen to leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.access.door_grants import details
from gateway.access.held import ORDER_POINT
from gateway.access.instants import CLOCKS_DIFFER, GRAIN, Instant, instant
from gateway.access.machine import Event, Shown, Step, Wish
from gateway.access.roll import Known, Roll, digest
from gateway.model.clock import MINUTE, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading
from gateway.model.wall_clock import instant_of, shown_at
from gateway.site.access_model import Direction
from gateway.site.held_model import PassbackMode, PassbackSettings
from gateway.site.model import Device, Site

READER_ASKED: Final = "reader-asked"
"""Why a door is opened: its reader has asked, and nothing speaks against it."""

SHOWN_FOR: Final[Micros] = MINUTE
"""So long the area's state shows a second entry."""

MOST_KNOWN: Final = 20_000
"""People; beyond that the one who moved longest ago is forgotten."""

TOLD_OF_AN_ORDER: Final = ("id", "action", "who", "reason")

LEGIBLE: Final = 64
"""So many letters of a credential and its holder are kept for people to read."""


@dataclass(frozen=True, slots=True)
class Tap:
    """The last time somebody showed a credential at a door."""

    who: str
    enters: bool
    heard: Micros


@dataclass(frozen=True, slots=True)
class PassbackState:
    """`taps` by door; `burning`: the fire points that have told of fire, and not of none since.
    What was known by `doubted_at` refuses nobody."""

    people: Roll = field(default_factory=Roll)
    taps: Mapping[str, Tap] = field(default_factory=dict)
    burning: frozenset[str] = frozenset()
    shown_until: Micros | None = None
    doubted_at: Micros = 0


@dataclass(frozen=True, slots=True)
class _Said:
    """What an event of a door says of somebody."""

    door: str
    credential: str
    enters: bool
    result: object
    at: Instant
    told: Micros
    facts: Mapping[str, object]

    @property
    def who(self) -> str:
        """See Known."""
        return digest(self.credential)


def passback(device: Device, site: Site) -> "Passback | None":
    """That area's machine; it knows of every fire linkage that releases one of its doors."""
    settings = device.passback
    if settings is None:
        return None
    doors = {each.door for each in settings.doors}
    fires = (other for other in site.devices if other.fire and doors & {*other.fire.doors})
    points = frozenset(f"{fire.id}/fire" for fire in fires)
    return Passback(device.id, settings, points, site.time_zone)


class Passback:
    """One area; see gateway.access.machine.Machine."""

    def __init__(
        self, id_: str, settings: PassbackSettings, fires: frozenset[str], zone: ZoneInfo
    ) -> None:
        self.id = id_
        self._settings = settings
        self._fires = fires
        self._zone = zone
        self._enters = {each.door: each.enters for each in settings.doors}

    @property
    def points(self) -> frozenset[str]:
        """What its doors tell of people, the fires that release them, and what is ordered."""
        told = (f"{door}/{name}" for door in self._enters for name in ("access", "passage"))
        return self._fires.union(told, {f"{self.id}/{ORDER_POINT}"})

    def begin(self) -> PassbackState:
        """Nobody is known to be anywhere."""
        return PassbackState()

    def shown(self, state: PassbackState) -> Mapping[str, Shown]:
        """Whether somebody has just come in twice, and how many are inside."""
        return {
            f"{self.id}/state": Shown("ok" if state.shown_until is None else "violated"),
            f"{self.id}/inside": Shown(float(state.people.present)),
        }

    def refusal(self, _state: PassbackState, _device: str, _action: Action) -> None:
        """What people order is theirs to decide."""

    def deadline(self, state: PassbackState) -> Micros | None:
        """See Machine."""
        dues = (state.people.until, state.shown_until)
        return min((due for due in dues if due is not None), default=None)

    def elapse(self, state: PassbackState, now: Micros) -> Step[PassbackState]:
        """People are forgotten, and the state is as usual again."""
        over = state.shown_until is not None and state.shown_until <= now
        shown_until = None if over else state.shown_until
        people = state.people.forgotten(now)
        return Step(replace(state, people=people, shown_until=shown_until))

    def take(self, state: PassbackState, reading: Reading, now: Micros) -> Step[PassbackState]:
        """See Machine."""
        if reading.quality is not Quality.GOOD:
            return Step(state)
        if not state.burning <= self._fires:  # the site file knows that linkage no more
            state = replace(state, burning=state.burning & self._fires, doubted_at=now)
        if reading.point in self._fires:
            return Step(_burning(state, reading, now))
        if reading.point == f"{self.id}/{ORDER_POINT}":
            return self._ordered(state, reading.value)
        said = self._said(reading, now)
        if said is None:
            return Step(state)
        if reading.point.endswith("/passage"):
            return Step(self._moved(state, said))
        return self._tapped(state, said)

    # --- how it goes ---------------------------------------------------------------------------

    def _said(self, reading: Reading, now: Micros) -> _Said | None:
        """None where it tells of nobody, or not which way."""
        said, door = reading.value, reading.device
        if not isinstance(said, Mapping) or door not in self._enters:
            return None
        credential, way = said.get("credential"), said.get("direction")
        if not isinstance(credential, str) or not credential or way not in tuple(Direction):
            return None
        enters, at = way == self._enters[door], instant(reading, now)
        result, told = said.get("result"), reading.taken_at
        return _Said(door, credential, enters, result, at, told, details(said))

    def _tapped(self, state: PassbackState, said: _Said) -> Step[PassbackState]:
        asks = said.result == "asked" and self._settings.mode is PassbackMode.HARD
        if said.at.is_history or not (asks or said.result == "granted"):
            return Step(state)
        tap, last = Tap(said.who, said.enters, said.at.heard), state.taps.get(said.door)
        if last is not None and replace(last, heard=tap.heard) == tap and _at_once(last, tap):
            return Step(state)
        state = replace(state, taps={**state.taps, said.door: tap})
        opens = (Wish(said.door, Action.OPEN, READER_ASKED, said.facts),) if asks else ()
        known = state.people.get(said.who)
        if known is None or not known.inside:
            return Step(state, wishes=opens)
        if not said.enters:
            return Step(_with(state, replace(known, leaving=True)), wishes=opens)
        if known.leaving or state.burning or known.heard <= state.doubted_at:
            return Step(state, wishes=opens)
        told = {**said.facts, "door": said.door, "result": "denied" if asks else "granted"}
        state = replace(state, shown_until=said.at.heard + SHOWN_FOR)
        return Step(state, (Event(f"{self.id}/second-entry", told),))

    def _moved(self, state: PassbackState, said: _Said) -> PassbackState:
        known = state.people.get(said.who)
        if said.result != "taken":
            if known is None or said.enters:
                return state
            return _with(state, replace(known, leaving=False))
        if known is not None and _is_older(said, known):
            return state
        if said.enters and said.at.is_history:  # whether they left since may still be on its way
            return state
        until = self._until(said.at.at)
        if until <= said.at.heard:
            return state
        return _with(state, _known(said, until))

    def _ordered(self, state: PassbackState, order: object) -> Step[PassbackState]:
        """Somebody is forgotten, or everybody, and that is on record."""
        said = order if isinstance(order, Mapping) else {}
        one = state.people.get(str(said.get("person")))
        match said.get("action"):
            case Action.FORGIVE:
                people = state.people if one is None else state.people.without(one.who)
            case Action.FORGIVE_ALL:
                people, one = Roll(), None
            case _:
                return Step(state)
        told = {key: said[key] for key in TOLD_OF_AN_ORDER if key in said}
        whom = {} if one is None else {"credential": one.credential, "holder": one.holder}
        forgotten = len(state.people) - len(people)
        event = Event(f"{self.id}/forgiven", {**told, **whom, "forgotten": forgotten})
        taps = {door: tap for door, tap in state.taps.items() if one and tap.who != one.who}
        return Step(replace(state, people=people, taps=taps, shown_until=None), (event,))

    def _until(self, at: Micros) -> Micros:
        """When a move then is forgotten."""
        today = shown_at(at, self._zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(3))
        clock = (instant_of(day, self._settings.forget_at, self._zone) for day in days)
        until = next(instant for instant in clock if instant > at)
        after = self._settings.forget_after
        return until if after is None else min(until, at + after)


def _burning(state: PassbackState, reading: Reading, now: Micros) -> PassbackState:
    """In a fire people leave by any way: what was known until it is over is doubtful."""
    point = frozenset({reading.point})
    if reading.value == "alarm":
        return replace(state, burning=state.burning | point, doubted_at=now)
    if reading.value == "normal" and point <= state.burning:
        return replace(state, burning=state.burning - point, doubted_at=now)
    return state


def _at_once(last: Tap, tap: Tap) -> bool:
    return 0 <= tap.heard - last.heard <= GRAIN


def _is_older(said: _Said, known: Known) -> bool:
    """Whether it happened before what is known; in doubt, what lets people in counts."""
    if said.enters:
        return not known.inside and said.told < known.told
    return said.at.is_history and said.at.at < known.heard - CLOCKS_DIFFER


def _with(state: PassbackState, known: Known) -> PassbackState:
    people = state.people.knowing(known)
    stalest = people.stalest
    if len(people) > MOST_KNOWN and stalest is not None:
        people = people.without(stalest.who)
    return replace(state, people=people)


def _known(said: _Said, until: Micros) -> Known:
    return Known(
        said.who,
        said.enters,
        said.at.at,
        said.told,
        until,
        credential=_legible(said.credential),
        holder=_legible(said.facts.get("holder")),
        door=said.door,
    )


def _legible(told: object) -> str:
    """What of it a page can show, and a ledger keep."""
    text = told[:LEGIBLE] if isinstance(told, str) else ""
    return "".join(letter for letter in text if letter.isprintable())
