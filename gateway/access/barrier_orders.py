"""What people order of a barrier. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from gateway.access.barrier_state import Barrier, Mode
from gateway.model.clock import Micros
from gateway.model.command import Action

Facts = Mapping[str, object]


def ordered(state: Barrier, order: object, now: Micros) -> Barrier:
    """After the event of an order. One that says nothing to a barrier, or that came to nothing,
    changes nothing."""
    if not isinstance(order, Mapping) or order.get("withdrawn"):
        return state
    change = _ORDERS.get(str(order.get("action")))
    return state if change is None else change(state, order, now)


def released(state: Barrier, now: Micros) -> Barrier:
    """Held open no longer."""
    return replace(state, mode=Mode.CONTROLLED, hold_until=None, used_at=now)


def _open(state: Barrier, order: Facts, now: Micros) -> Barrier:
    who, why = str(order.get("who", "")), str(order.get("reason", ""))
    return replace(state, asked_at=now, asked_by=who, asked_why=why, used_at=now)


def _hold(state: Barrier, order: Facts, now: Micros) -> Barrier:
    """Without `until` it stays open until that is ended; with one that is no instant to come
    nothing is done, so the command is not confirmed."""
    if "until" not in order:
        return replace(state, mode=Mode.LOCKED_OPEN, hold_until=None, used_at=now)
    until = order["until"]
    if not isinstance(until, int) or until <= now:
        return state
    return replace(state, mode=Mode.HELD_OPEN, hold_until=until, used_at=now)


def _end_hold(state: Barrier, _order: Facts, now: Micros) -> Barrier:
    return released(state, now) if state.mode is not Mode.BLOCKED else state


def _block(state: Barrier, _order: Facts, _now: Micros) -> Barrier:
    return replace(state, mode=Mode.BLOCKED, hold_until=None)


def _unblock(state: Barrier, _order: Facts, now: Micros) -> Barrier:
    return released(state, now) if state.mode is Mode.BLOCKED else state


_ORDERS: Final[Mapping[str, Callable[[Barrier, Facts, Micros], Barrier]]] = {
    Action.OPEN: _open,
    Action.LOCK_OPEN: _hold,
    Action.END_LOCK_OPEN: _end_hold,
    Action.BLOCK: _block,
    Action.UNLOCK: _unblock,
}
