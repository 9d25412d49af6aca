"""Which reading shows that a command was done: pure."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.access.instants import CLOCKS_DIFFER
from gateway.model.clock import Micros
from gateway.model.command import Action, Command
from gateway.model.reading import Quality, Reading
from gateway.site.model import Confirmation, Device, Setpoint


def what_shows(device: Device, command: Command) -> Confirmation:
    """What is waited for; of `set` that the point is read back as it was set."""
    if command.action is not Action.SET:
        return device.commands[command.action]
    setpoint = device.setpoints[str(command.parameters["point"])]
    value: Any = command.parameters["value"]
    return setpoint.confirmation(value)


NOT_ALLOWED: Final = "value-not-allowed"


def unsettable(device: Device, action: Action, parameters: Mapping[str, object]) -> str | None:
    """Why that cannot be set, as a code; None where it can, or nothing is to be set."""
    if action is not Action.SET:
        return None
    setpoint = setpoint_named(device, parameters)
    if setpoint is None:
        return "unknown-setpoint"
    return None if setpoint.allows(parameters.get("value")) else NOT_ALLOWED


def why_unsettable(device: Device, code: str, command: Command) -> Mapping[str, object]:
    """What a person must know beside that code: to what it may be set."""
    setpoint = setpoint_named(device, command.parameters)
    if code != NOT_ALLOWED or setpoint is None:
        return {}
    point = setpoint.point.id
    if setpoint.states:
        return {"point": point, "states": list(setpoint.states)}
    unit = "" if setpoint.point.unit == "1" else setpoint.point.unit
    return {"point": point, "low": setpoint.low, "high": setpoint.high, "unit": unit}


def setpoint_named(device: Device, parameters: Mapping[str, object]) -> Setpoint | None:
    """The setpoint that a `set` names."""
    return device.setpoints.get(str(parameters.get("point")))


def confirms(
    awaited: Confirmation, reading: Reading, command: Command, slow_by: Micros = 0
) -> bool:
    """Whether that reading shows it. `slow_by`: what the device's clock is known to be."""
    if not awaited.by_event:
        return shows(awaited, reading, command.asked_at - slow_by)
    if reading.point != awaited.point or not isinstance(reading.value, Mapping):
        return False
    return reading.value.get("id") == command.id


def shows(awaited: Confirmation, reading: Reading, asked_at: Micros) -> bool:
    """The same for a state or number point's. What a device took before, by its own clock, was
    buffered and confirms nothing."""
    return (
        reading.point == awaited.point
        and reading.quality is Quality.GOOD
        and awaited.is_shown_by(reading.value)
        and reading.taken_at >= asked_at - CLOCKS_DIFFER
    )
