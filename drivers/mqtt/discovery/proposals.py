"""Entities → proposals: for each device an entry of the site file and the mapping it names."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from os.path import commonpath

import yaml

from drivers.mqtt.discovery.config import Entity, entity, parts
from gateway.errors import Malformed, Refused
from gateway.model.command import Action

_CLASSES: Mapping[tuple[str, str], tuple[str, str]] = {
    **{
        ("binary_sensor", name): ("door", "contact")
        for name in ("door", "garage_door", "opening", "window")
    },
    ("binary_sensor", "tamper"): ("door", "tamper"),
    ("binary_sensor", "problem"): ("door", "fault"),
    ("sensor", "battery"): ("door", "battery"),
}
"""By component and device class: the kind of device, and the point."""
_ANY_CLASS: Mapping[str, tuple[str, str]] = {
    "lock": ("door", "lock"),
    "cover": ("barrier", "position"),
    "switch": ("output", "state"),
    "siren": ("output", "state"),
}
_STATES: Mapping[str, Mapping[str, str]] = {
    "contact": {"payload_on": "open", "payload_off": "closed"},
    "tamper": {"payload_on": "tampered", "payload_off": "ok"},
    "fault": {"payload_on": "fault", "payload_off": "ok"},
    "lock": {"state_locked": "locked", "state_unlocked": "unlocked"},
    "position": {
        "state_open": "open",
        "state_opening": "opening",
        "state_closed": "closed",
        "state_closing": "closing",
        "state_stopped": "stopped",
    },
    "state": {"state_on": "on", "state_off": "off"},
}
"""By point: our states by Home Assistant's keys for the device's words."""
_ORDERS: Mapping[str, Mapping[Action, str]] = {
    "lock": {
        Action.LOCK: "payload_lock",
        Action.UNLOCK: "payload_unlock",
        Action.OPEN: "payload_open",
    },
    "position": {
        Action.OPEN: "payload_open",
        Action.CLOSE: "payload_close",
        Action.STOP: "payload_stop",
    },
    "state": {Action.SWITCH_ON: "payload_on", Action.SWITCH_OFF: "payload_off"},
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """`device` and `mapping` are entries of a site file; `left_out`: what of it is not in them."""

    device: Mapping[str, object]
    name: str
    mapping: Mapping[str, object]
    left_out: Sequence[str] = ()


@dataclass(slots=True)
class Proposals:
    """`refused`: by topic, why nothing could be made of what was said there."""

    made: list[Proposal] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def as_yaml(self) -> str:
        """Sections of a site file, with what an engineer must know as remarks."""
        devices = [dict(proposal.device) for proposal in self.made]
        mappings = {proposal.name: proposal.mapping for proposal in self.made}
        remarks = [
            *(f"{made.device['id']}: {why}" for made in self.made for why in made.left_out),
            *(f"{topic}: {why}" for topic, why in sorted(self.refused.items())),
        ]
        told = "".join(f"# {_one_line(remark)}\n" for remark in remarks)
        sections = {"mappings": mappings, "devices": devices}
        return told + yaml.safe_dump(sections, allow_unicode=True, sort_keys=False, width=100)


ByDevice = dict[tuple[str, str], list[tuple[str, Entity]]]
"""By device and kind: the points, and what tells them."""


def proposals(
    connection: str, prefixes: Sequence[str], said: Iterable[tuple[str, bytes]]
) -> Proposals:
    """What those discovery messages, below one of the prefixes, propose for devices on that
    connection."""
    found = Proposals()
    by_device = _described(found, prefixes, said)
    shared = _shared(by_device)
    for (device, kind), entities in by_device.items():
        try:
            _add(found, connection, device, kind, entities, shared)
        except Refused as error:
            found.refused[device] = error.problem
    return found


def _described(
    found: Proposals, prefixes: Sequence[str], said: Iterable[tuple[str, bytes]]
) -> ByDevice:
    by_device: ByDevice = {}
    for topic, payload in said:
        prefix = next(known for known in prefixes if topic.startswith(f"{known}/"))
        try:
            described = parts(prefix, topic, payload)
        except (Refused, Malformed) as error:
            found.refused[topic] = error.problem
            continue
        for part in described:
            try:
                one = entity(part)
                kind, point = _meant(part.where, one)
            except Refused as error:
                found.refused[part.where] = error.problem
            else:
                by_device.setdefault((one.device, kind), []).append((point, one))
    return by_device


def _meant(topic: str, one: Entity) -> tuple[str, str]:
    meant = _CLASSES.get((one.component, one.device_class)) or _ANY_CLASS.get(one.component)
    if meant is None:
        what = f"{one.component} of class {one.device_class or 'none'}"
        raise Refused(topic, f"{what} is nothing Gatehouse has a point for")
    return meant


def _add(
    found: Proposals,
    connection: str,
    device: str,
    kind: str,
    entities: Sequence[tuple[str, Entity]],
    shared: Collection[str],
) -> None:
    base = _base([one for _, one in entities], shared)
    if not base:
        raise Refused(device, "its topics have nothing in common")
    points = dict(reversed(entities))
    if kind == "door" and not points.keys() & {"contact", "lock"}:
        raise Refused(device, f"tells {', '.join(sorted(points))} alone, which makes no door")
    left_out = [f"a second {point} is left out" for point, one in entities if points[point] != one]
    mapping: dict[str, object] = {
        "kind": kind,
        "points": {point: _point(base, point, one) for point, one in sorted(points.items())},
    }
    presence = _presence(base, points.values(), left_out)
    orders = _orders(base, points, left_out)
    mapping |= {"presence": presence} if presence else {}
    mapping |= {"orders": orders} if orders else {}
    id_ = _free(found, (device, f"{device}-{kind}"))
    name = next(iter(points.values())).name
    label = _one_line(name)[:80] or id_
    entry = {"id": id_, "kind": kind, "profile": f"{id_}-says"[:64], "connection": connection}
    entry |= {"topic": base, "name": label, "place": label}
    if "${" in yaml.safe_dump([entry, mapping]):
        raise Refused(device, "says ${…}, which a site file would fill in")
    found.made.append(Proposal(entry, entry["profile"], mapping, left_out))


def _free(found: Proposals, names: tuple[str, str]) -> str:
    """An id that no other proposal has."""
    taken = {proposal.device["id"] for proposal in found.made}
    counted = (f"{names[1]}-{number}" for number in count(2))
    return next(id_ for name in chain(names, counted) if (id_ := _slug(name)) not in taken)


def _base(entities: Sequence[Entity], shared: Collection[str]) -> str:
    """The longest topic that all states and orders are at or below, and what tells that this device
    is there."""
    topics = {topic for one in entities for topic in (one.state_topic, one.command_topic) if topic}
    told = {available.topic for one in entities for available in one.availability}
    return commonpath(topics | (told - set(shared))) or commonpath(topics)


def _shared(by_device: ByDevice) -> set[str]:
    """Topics that tell of more than one device whether it is there: of their bridge's, then."""
    counted = Counter(
        topic
        for entities in by_device.values()
        for topic in {told.topic for _, one in entities for told in one.availability}
    )
    return {topic for topic, devices in counted.items() if devices > 1}


def _below(base: str, topic: str) -> dict[str, object]:
    return {} if topic == base else {"topic": topic[len(base) + 1 :]}


def _point(base: str, point: str, one: Entity) -> dict[str, object]:
    stands = _below(base, one.state_topic)
    if one.pointer is not None:
        stands["pointer"] = one.pointer
    if point not in _STATES:
        return stands
    states: dict[str, str] = {}
    for key, state in _STATES[point].items():
        word = one.words[key] or one.words.get(key.replace("state_", "payload_"), "")
        if not word or word in states:
            raise Refused(one.device, f"{point} has one word for two states, or none")
        states[word] = state
        if one.pointer is not None and word in ("True", "False"):
            states[word.lower()] = state  # as a template writes true and false
    return {**stands, "states": states}


def _presence(
    base: str, entities: Iterable[Entity], left_out: list[str]
) -> dict[str, object] | None:
    told = {available for one in entities for available in one.availability}
    own = sorted((one for one in told if one.topic.startswith(f"{base}/")), key=lambda a: a.topic)
    beyond = sorted({one.topic for one in told} - {one.topic for one in own[:1]})
    left_out += [f"availability on {topic} is left out" for topic in beyond]
    if not own:
        return None
    first = own[0]
    said = {**_below(base, first.topic), "online": first.online, "offline": first.offline}
    return said if first.pointer is None else {**said, "pointer": first.pointer}


def _orders(base: str, points: Mapping[str, Entity], left_out: list[str]) -> dict[str, object]:
    orders: dict[str, object] = {}
    for point, one in points.items():
        keys = _ORDERS.get(point, {})
        said = Counter(one.words[key] for key in keys.values())
        for action, key in keys.items():
            payload = one.words[key]
            if one.command_topic is None or not payload:
                continue
            unsure = said[payload] > 1 or "toggle" in payload.lower()
            if unsure or one.command_topic in (base, one.state_topic):
                left_out.append(f"{action} on {one.command_topic} is left out")
                continue
            orders[action.value] = {**_below(base, one.command_topic), "payload": payload}
    return orders


def _slug(text: str) -> str:
    """An id of a site file."""
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")[-58:].strip("-") or "device"


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
