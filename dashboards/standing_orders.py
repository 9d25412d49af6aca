"""Doors, barriers and zones that stand otherwise than as a rule, in words."""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from dashboards.listing import Row
from dashboards.moments import moment
from dashboards.texts import Texts
from gateway.model.actor import GATEWAY
from gateway.model.clock import Micros
from gateway.model.standing_order import StandingOrder

HEADS: Final = ("device", "state", "place", "since", "until", "who", "reason")


def standing_row(
    order: StandingOrder, names: Mapping[str, str], now: Micros, zone: ZoneInfo, texts: Texts
) -> Row:
    """One line. `names`: what devices are called."""
    state, who, why = texts.word("state", order.state), order.who, order.reason
    if order.line is not None:
        module = order.line.rpartition("/")[0]
        state = texts("name_and_value", name=names.get(module, order.line), value=state)
    if who == GATEWAY.user:
        who, why = texts("who.gateway"), texts.word("wish", why)
    times = ("" if at is None else moment(at, now, zone) for at in (order.since, order.until))
    place = order.place.in_(texts.language)
    return Row((names.get(order.device, order.device), state, place, *times, who, why))
