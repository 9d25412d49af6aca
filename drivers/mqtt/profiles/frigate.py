"""Frigate: what it sees in one camera's picture. A device's topic is `PREFIX/CAMERA`, PREFIX being
Frigate's own (`frigate`); what all cameras share each device hears, and takes its own from.

`PREFIX/available`              online | offline, its last will
`PREFIX/events`                 JSON: type new, update, end; before, after
`PREFIX/tracked_object_update`  JSON: type lpr (a plate) and others
`PREFIX/stats`                  JSON, every minute: how many pictures a second each camera gives
`PREFIX/CAMERA/motion`          ON | OFF
`PREFIX/ZONE/OBJECT`            how many are in that zone

`entities` say what tells a point:
`line: ZONE`, `line: ZONE/OBJECT`, `line: ZONE/OBJECT/active`, or `line: motion`; required
`crossing: ZONE`        only what enters this zone; by default any
`plate: in`             the direction in which plates are read here

Source: Frigate's documentation (integrations/mqtt.md, 0.9 to 0.17); its issues 1310 (counts come
before events), 3804 and 9271 (zones are told by updates), 9572.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from zlib import crc32

from drivers.mqtt.profiles.json_message import decoded_object, unix_time
from drivers.mqtt.profiles.parser import Parser, Reason, offline, quality, word
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Reading, Value
from gateway.site.model import Device, MqttAddress

PLATES_REMEMBERED = 256
"""Of the cars seen last: each plate is told once for each car, however often it is read."""

_POINTS = {"crossing", "line", "plate", "picture"}
_COUNT = re.compile("[0-9]{1,6}")
_ZONE = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9 _-]+(/active)?)?")
_MOTION = {"ON": "alarm", "OFF": "normal"}
_TYPES = {"new", "update", "end"}
_IN_A_FRAME = 1000
"""Microseconds over which the objects of one frame are spread, so that each has an instant."""


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """Any of crossing, line, plate and picture. Raises BadConfig."""
    prefix, _, camera = topic.rpartition("/")
    if not prefix:
        raise BadConfig(device.id, f"topic {topic} names no camera", "write topic: frigate/CAMERA")
    names = {point.id.rpartition("/")[2] for point in device.told}
    if not names <= _POINTS:
        unfit = ", ".join(sorted(names - _POINTS))
        raise BadConfig(device.id, f"frigate cannot tell {unfit}", "leave that point out")
    seen = _Camera(device, camera, names)
    parsers: dict[str, Parser] = {f"{prefix}/available": seen.available}
    if names & {"line", "picture"}:
        parsers[f"{prefix}/stats"] = seen.stats
    if names & {"crossing", "plate"}:
        parsers[f"{prefix}/events"] = seen.events
    if "plate" in names:
        parsers[f"{prefix}/tracked_object_update"] = seen.update
    if "line" in names:
        parsers |= _line(device, seen, prefix, topic)
    return parsers


def _line(device: Device, seen: "_Camera", prefix: str, topic: str) -> Mapping[str, Parser]:
    entity = _entity(device, "line") or ""
    if entity == "motion":
        return {f"{topic}/motion": seen.motion}
    if not _ZONE.fullmatch(entity):
        remedy = "write entities: {line: ZONE}, {line: ZONE/person} or {line: motion}"
        raise BadConfig(device.id, f"nothing tells line by '{entity}'", remedy)
    counted = entity if "/" in entity else f"{entity}/all"
    return {f"{prefix}/{counted}": seen.count}


def _entity(device: Device, point: str) -> str | None:
    return device.address.entities.get(point) if isinstance(device.address, MqttAddress) else None


class _Camera:
    """One camera, as far as it was heard since Frigate connected."""

    def __init__(self, device: Device, camera: str, points: set[str]) -> None:
        self._device = device
        self._camera = camera
        self._points = points
        self._zone = _entity(device, "crossing")
        self._direction = _entity(device, "plate")
        if self._direction not in (None, "in", "out"):
            remedy = "write entities: {plate: in}, or out"
            raise BadConfig(device.id, f"'{self._direction}' is no direction", remedy)
        self._line: str | None = None
        self._plates: OrderedDict[str, str] = OrderedDict()
        """By object, the plate that was told."""

    def available(self, payload: bytes, _retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = word(self._device, payload)
        if said not in ("online", "offline"):
            raise Malformed(self._device.id, Reason.UNKNOWN_WORD)
        self._line = None
        return offline(self._device, received_at) if said == "offline" else ()

    def motion(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        value = _MOTION.get(word(self._device, payload), UNKNOWN_STATE)
        return self._line_is(value, retained, received_at)

    def count(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = word(self._device, payload)
        if not _COUNT.fullmatch(said):
            return self._line_is(UNKNOWN_STATE, retained, received_at)
        return self._line_is("alarm" if int(said) else "normal", retained, received_at)

    def stats(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        """Also says that Frigate is there, and that what it said last still holds."""
        said = decoded_object(self._device.id, payload)
        cameras = said.get("cameras", said)  # on top before 0.13
        camera = cameras.get(self._camera) if isinstance(cameras, dict) else None
        rate = camera.get("camera_fps") if isinstance(camera, dict) else None
        live = isinstance(rate, int | float) and rate > 0
        if retained:
            return ()
        if not live:
            return offline(self._device, received_at)
        line = [] if self._line is None else self._line_is(self._line, False, received_at)
        return [*self._told("picture", "live", received_at, received_at, False), *line]

    def events(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = decoded_object(self._device.id, payload)
        type_ = said.get("type")
        if not isinstance(type_, str) or type_ not in _TYPES:
            raise Malformed(self._device.id, Reason.UNKNOWN_WORD)
        before, after = said.get("before"), said.get("after")
        if not isinstance(after, dict) or not isinstance(before, dict | None):
            raise Malformed(self._device.id, Reason.WRONG_TYPE)
        if after.get("camera") != self._camera or after.get("false_positive") is True:
            return ()
        at = self._instant(after.get("id"), after.get("frame_time"), retained, received_at)
        new = {} if before is None or type_ == "new" else before
        return [
            *self._crossed(new, after, at, received_at, retained),
            *self._read(after, _plate(self._device, after), at, received_at, retained),
        ]

    def update(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = decoded_object(self._device.id, payload)
        if said.get("type") != "lpr" or said.get("camera") != self._camera:
            return ()
        at = self._instant(said.get("id"), said.get("timestamp"), retained, received_at)
        plate, score = said.get("plate"), said.get("score")
        if not isinstance(plate, str):
            raise Malformed(self._device.id, Reason.WRONG_TYPE)
        return self._read(said, (plate, score), at, received_at, retained)

    def _crossed(
        self,
        before: Mapping[str, object],
        after: Mapping[str, object],
        at: Micros,
        received_at: Micros,
        retained: bool,
    ) -> Sequence[Reading]:
        known = set(_zones(self._device, before))
        entered = [zone for zone in _zones(self._device, after) if zone not in known]
        label = after.get("label")
        if not isinstance(label, str | None):
            raise Malformed(self._device.id, Reason.WRONG_TYPE)
        if self._zone is not None:
            entered = [zone for zone in entered if zone == self._zone]
        return [
            reading
            for place, zone in enumerate(entered)
            for reading in self._told(
                "crossing",
                {"line": zone, "object": label, "id": after["id"]},
                at + place,
                received_at,
                retained,
            )
        ]

    def _read(
        self,
        said: Mapping[str, object],
        read: tuple[str, object] | None,
        at: Micros,
        received_at: Micros,
        retained: bool,
    ) -> Sequence[Reading]:
        object_ = str(said["id"])
        if read is None or "plate" not in self._points or self._plates.get(object_) == read[0]:
            return ()
        plate, score = read
        if not retained:
            self._plates[object_] = plate
            self._plates.move_to_end(object_)
            if len(self._plates) > PLATES_REMEMBERED:
                self._plates.popitem(last=False)
        value: dict[str, object] = {"plate": plate, "camera": self._camera, "id": object_}
        if isinstance(score, int | float) and 0 <= score <= 1 and not isinstance(score, bool):
            value |= {"confidence": score}
        if self._direction is not None:
            value |= {"direction": self._direction}
        return self._told("plate", value, at, received_at, retained)

    def _line_is(self, value: str, retained: bool, received_at: Micros) -> Sequence[Reading]:
        if not retained:
            self._line = value
        return self._told("line", value, received_at, received_at, retained)

    def _told(
        self, point: str, value: Value, at: Micros, received_at: Micros, retained: bool
    ) -> Sequence[Reading]:
        if point not in self._points:
            return ()
        taken_at = received_at if retained else at
        id_ = f"{self._device.id}/{point}"
        return [Reading(id_, value, taken_at, received_at, quality(retained))]

    def _instant(
        self, object_: object, said: object, retained: bool, received_at: Micros
    ) -> Micros:
        if not isinstance(object_, str) or not object_:
            raise Malformed(self._device.id, Reason.BAD_MESSAGE_ID)
        at = unix_time(self._device.id, said, received_at)
        within = crc32(object_.encode()) % _IN_A_FRAME
        return received_at if retained or at == received_at else at + within


def _zones(device: Device, said: Mapping[str, object]) -> Sequence[str]:
    zones = said.get("entered_zones", [])
    if not isinstance(zones, list) or not all(isinstance(zone, str) for zone in zones):
        raise Malformed(device.id, Reason.WRONG_TYPE)
    return zones


def _plate(device: Device, said: Mapping[str, object]) -> tuple[str, object] | None:
    """Plate and score: two keys, from 0.18 on one list of both."""
    match said.get("recognized_license_plate"):
        case None:
            return None
        case str(plate):
            return plate, said.get("recognized_license_plate_score")
        case [str(plate), score]:
            return plate, score
    raise Malformed(device.id, Reason.WRONG_TYPE)
