"""Which pump of a group leads. Pure."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from gateway.model.clock import Micros
from gateway.model.wall_clock import instant_of, shown_at
from gateway.plant.group_state import GroupState
from gateway.site.plant_model import GroupSettings, Rotation


def rested(state: GroupState, settings: GroupSettings) -> GroupState:
    """The level is reached: who led may follow now."""
    rotation = settings.rotation
    due = rotation is Rotation.DAILY and state.rotates
    if due or (rotation is Rotation.EACH_START and state.has_run):
        return state.rotated()
    if rotation is Rotation.HOURS:
        order = sorted(state.order, key=lambda pump: state.hours.get(pump, 0.0))
        return replace(state, order=tuple(order))
    return state


def rotated(state: GroupState, settings: GroupSettings, zone: ZoneInfo, now: Micros) -> GroupState:
    """At the time of day, or as soon as it rests after that."""
    if settings.rotation is not Rotation.DAILY:
        return state if state.rotate_at is None else replace(state, rotate_at=None)
    if state.rotate_at is not None and now < state.rotate_at:
        return state
    day = shown_at(now, zone).date()
    at = instant_of(day, settings.rotate_at, zone)
    if at <= now:
        at = instant_of(day + timedelta(days=1), settings.rotate_at, zone)
    is_new = state.rotate_at is None
    state = replace(state, rotate_at=at, rotates=not is_new)
    return state.rotated() if state.rotates and not state.demand else state
