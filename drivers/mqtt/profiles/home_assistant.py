"""The Home Assistant style of an MQTT binary sensor of device class `door` or `opening`.

`<topic>/state`         ON (open) | OFF (closed)
`<topic>/availability`  online | offline, retained; `offline` is the device's last will

Source: Home Assistant's documentation of the MQTT binary sensor (default payloads) and of the
binary sensor's device classes.
"""

from collections.abc import Mapping, Sequence

from drivers.mqtt.profiles.parser import Parser, presence, quality, word
from gateway.errors import BadConfig
from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE, Point
from gateway.model.reading import Reading
from gateway.site.model import Device

_OPENING = {"ON": "open", "OFF": "closed"}


def routes(device: Device, topic: str) -> Mapping[str, Parser]:
    """For devices with one point that is open or closed."""
    return {
        f"{topic}/state": _state(device, _opening_point(device)),
        f"{topic}/availability": presence(device),
    }


def _state(device: Device, point: Point) -> Parser:
    def parse(payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        value = _OPENING.get(word(device, payload), UNKNOWN_STATE)
        return [Reading(point.id, value, received_at, received_at, quality(retained))]

    return parse


def _opening_point(device: Device) -> Point:
    fitting = [point for point in device.told if {"open", "closed"} <= set(point.states)]
    if len(fitting) != 1:
        raise BadConfig(
            device.id,
            f"has {len(fitting)} points with the states open and closed; home-assistant needs one",
            "use the profile of the device's own firmware",
        )
    return fitting[0]
