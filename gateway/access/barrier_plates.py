"""Plates seen at a barrier, and which of them passed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.access.barrier_state import Arrival, Barrier
from gateway.access.machine import Event
from gateway.access.plates import (
    DOUBTFUL,
    LONGEST_PLATE,
    Decision,
    Register,
    Verdict,
    normalised,
)
from gateway.model.clock import Micros
from gateway.model.reading import Reading
from gateway.site.access_model import BarrierSettings, Direction

MOST_ARRIVALS: Final = 32
"""So many plates are remembered at a barrier; more are a camera gone mad."""

Told = tuple[Barrier, tuple[Event, ...]]
"""The next state, and what happened."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a camera read."""

    plate: str
    confidence: float
    direction: str
    camera: str


def seen(
    id_: str,
    settings: BarrierSettings,
    register: Register,
    state: Barrier,
    reading: Reading,
    at: Micros,
) -> Told:
    """After a camera has read a plate, at that instant. One that is there already is the same
    arrival, unless more is known of it now."""
    sighting = _sighting(reading.value, settings)
    if sighting is None:
        return state, ()
    sure = sighting.confidence >= settings.confidence
    decision = register.decide(sighting.plate, id_, at, sure=sure)
    recent = at - settings.arrival_time
    kept = [one for one in state.arrivals if one.waits or one.seen_at >= recent]
    known = next((o for o in kept if o.plate == sighting.plate and o.seen_at >= recent), None)
    if known is not None and decision.verdict in (known.verdict, Verdict.UNSURE):
        again = replace(known, seen_at=at, due_at=at + settings.pass_time)
        return _with(state, [again if one is known else one for one in kept]), ()
    new = Arrival(
        sighting.plate,
        decision.verdict,
        decision.number,
        decision.holder,
        sighting.direction,
        at,
        at + settings.pass_time,
    )
    others = [one for one in kept if one.plate != sighting.plate]
    state, lost = _without(id_, _with(state, [*others, new]), others[: 1 - MOST_ARRIVALS])
    used_at = max(state.used_at, at) if new.may_pass else state.used_at
    return replace(state, used_at=used_at), lost + _told(id_, sighting, decision)


def opened(state: Barrier) -> Barrier:
    """An opening is wished for all who may pass."""
    return _with(state, [replace(one, opened=one.may_pass) for one in state.arrivals])


def passed(id_: str, state: Barrier, now: Micros) -> Told:
    """Something has passed: the first that may, else the first that was seen."""
    passing = next(iter(state.waiting), None) or next((o for o in state.arrivals if o.waits), None)
    by = "plate" if passing is not None and passing.may_pass else _opened_by(state)
    event = _passage(id_, "taken", passing, by=by)
    gone = [replace(one, waits=one.waits and one is not passing) for one in state.arrivals]
    return replace(_with(state, gone), used_at=now), (event,)


def came_down(id_: str, state: Barrier, *, counted: bool) -> Told:
    """Those it was up for have not passed. Where no loop counts (`counted`) they may have."""
    unused = [one for one in state.waiting if one.opened]
    return _without(id_, state, unused, "not-taken" if counted else "assumed")


def overdue(id_: str, state: Barrier, now: Micros) -> Told:
    """Those whose time to pass is over."""
    return _without(id_, state, [one for one in state.arrivals if one.waits and one.due_at <= now])


def _without(id_: str, state: Barrier, gone: list[Arrival], result: str = "not-taken") -> Told:
    events = tuple(_passage(id_, result, one, by="plate") for one in gone if one.may_pass)
    return _with(state, [one for one in state.arrivals if one not in gone]), events


def _with(state: Barrier, arrivals: list[Arrival]) -> Barrier:
    return replace(state, arrivals=tuple(arrivals))


def _opened_by(state: Barrier) -> str:
    return "hand" if state.by_hand else "order"


def _passage(id_: str, result: str, who: Arrival | None, *, by: str) -> Event:
    facts: dict[str, object] = {"result": result, "by": by}
    if who is not None:
        facts |= {"plate": who.plate, "verdict": who.verdict.value, "direction": who.direction}
        if who.verdict is not Verdict.NEAR:  # else the pass is for another plate
            facts |= _of_pass(who.number, who.holder)
    return Event(f"{id_}/passage", facts)


def _told(id_: str, sighting: Sighting, decision: Decision) -> tuple[Event, ...]:
    facts: dict[str, object] = {
        "plate": sighting.plate,
        "verdict": decision.verdict.value,
        "confidence": sighting.confidence,
        "direction": sighting.direction,
        "camera": sighting.camera,
        **_of_pass(decision.number, decision.holder),
    }
    if decision.like:
        facts["like"] = decision.like
    names = ["arrival"]
    if decision.verdict in DOUBTFUL:
        names.append("doubtful-plate")
    if decision.verdict is Verdict.BLOCKED:
        names.append("blocked-plate")
    return tuple(Event(f"{id_}/{name}", facts) for name in names)


def _of_pass(number: int | None, holder: str) -> Mapping[str, object]:
    return {} if number is None else {"pass": number, "holder": holder}


def _sighting(value: object, settings: BarrierSettings) -> Sighting | None:
    """None where no plate was read."""
    said = value if isinstance(value, Mapping) else {}
    plate = said.get("plate")
    plate = normalised(plate) if isinstance(plate, str) else ""
    if not 0 < len(plate) <= LONGEST_PLATE:
        return None
    confidence, direction = said.get("confidence"), said.get("direction")
    known = direction if direction in list(Direction) else settings.direction
    camera = said.get("camera")
    seen_by = camera if isinstance(camera, str) else ""
    return Sighting(plate, _certain(confidence), str(known or ""), seen_by)


def _certain(confidence: object) -> float:
    """0 to 1; a camera that does not say how sure it is is not sure."""
    if isinstance(confidence, bool) or not isinstance(confidence, int | float):
        return 0.0
    return float(confidence) if 0 <= confidence <= 1 else 0.0
