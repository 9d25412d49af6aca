"""Devices of the kinds that firmware families are taken for, and what parsers make of messages."""

from collections.abc import Iterable, Mapping, Sequence

from drivers.mqtt.profiles import orders, routes
from gateway.errors import Malformed
from gateway.model.actor import Actor
from gateway.model.clock import SECOND
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading, Value
from gateway.model.text import Text
from gateway.site.model import Confirmation, Device, MqttAddress
from tests.captures import Captured

NOW = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z
NAME = Text("Any", "某")
STATES: Mapping[str, tuple[str, ...]] = {
    "contact": ("closed", "open"),
    "lock": ("locked", "unlocked"),
    "exit-request": ("released", "pressed"),
    "tamper": ("ok", "tampered"),
    "fault": ("ok", "fault"),
    "position": ("closed", "opening", "open", "closing", "stopped", "obstructed"),
    "safety-loop": ("free", "occupied"),
    "line": ("normal", "alarm", "open", "short"),
    "state": ("off", "on"),
}
_DOOR = (Action.OPEN, Action.LOCK, Action.UNLOCK, Action.LOCK_OPEN)
_ASKED: Mapping[str, Sequence[Action]] = {
    "lock": _DOOR,
    "position": (Action.OPEN, Action.CLOSE, Action.STOP),
    "state": (Action.SWITCH_ON, Action.SWITCH_OFF),
}


def point(name: str) -> Point:
    if name == "battery":
        return Point("it/battery", PointKind.NUMBER, NAME, unit="%", low=0, high=100)
    if name in ("access", "plate"):
        return Point(f"it/{name}", PointKind.EVENT, NAME)
    return Point(f"it/{name}", PointKind.STATE, NAME, states=STATES[name])


def device(profile: str, topic: str, points: Iterable[str], entities: Mapping[str, str]) -> Device:
    """`it`, with those points; it can be asked for whatever they could confirm."""
    names = tuple(points)
    confirmed = {
        action: Confirmation(f"it/{name}", frozenset(), 5 * SECOND)
        for name in names
        for action in _ASKED.get(name, ())
    }
    return Device(
        id="it",
        kind="any",
        name=NAME,
        place=NAME,
        connection="broker",
        address=MqttAddress(profile, topic, entities),
        points=tuple(point(name) for name in names),
        commands=confirmed,
    )


def read(it: Device, messages: Iterable[Captured], retained: bool = False) -> list[Reading]:
    """What its parsers make of those messages, of topics it reads."""
    parsers = routes(it)
    return [
        reading
        for said in messages
        if said.topic in parsers
        for reading in parsers[said.topic](said.payload, retained, NOW)
    ]


def told(readings: Iterable[Reading]) -> list[tuple[str, Value]]:
    """The readings' points and values."""
    return [(reading.point.removeprefix("it/"), reading.value) for reading in readings]


def command(action: Action) -> Command:
    asked_at, expires_at = NOW, NOW + 10 * SECOND
    return Command("c-1", "it", action, Actor("li"), "delivery", asked_at, expires_at)


def said_to(it: Device) -> dict[Action, tuple[str, str]]:
    """Topic and payload by action."""
    found = {action: order(command(action)) for action, order in orders(it).items()}
    return {action: (order.topic, order.payload.decode()) for action, order in found.items()}


def lawful_or_malformed(it: Device, payload: bytes, retained: bool) -> None:
    """On each of its topics: readings of its own points, in their own states, or a refusal."""
    points = {known.id: known for known in it.points}
    for parse in routes(it).values():
        try:
            readings = parse(payload, retained, NOW)
        except Malformed:
            continue
        for reading in readings:
            _lawful(points[reading.point], reading, retained)


def _lawful(of: Point, reading: Reading, retained: bool) -> None:
    assert reading.received_at == NOW
    if reading.value is None:
        assert reading.quality in (Quality.BAD, Quality.OFFLINE)
        return
    assert (reading.quality is Quality.STALE) or not retained
    if of.kind is PointKind.STATE:
        assert reading.value in {*of.states, UNKNOWN_STATE}
    else:
        assert isinstance(reading.value, float)
        assert 0 <= reading.value <= 100
