"""Devices and their points."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from gateway.access.authority import right_to, right_to_set
from gateway.api import schemas
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing
from gateway.model.command import Action
from gateway.model.point import Point
from gateway.model.reading import Quality, Reading
from gateway.security.roles import Right
from gateway.site.model import AccessSettings, Device, Setpoint

router = APIRouter(dependencies=[Depends(may(Right.READ))])

DeviceId = Annotated[str, Path(description="A device's id.", examples=["roof-tank"])]
PointName = Annotated[str, Path(description="A point's name on it.", examples=["level"])]

Newest = Mapping[str, Reading]


@router.get(
    "/devices", summary="List devices", tags=["devices"], responses=documented(*ANY_SIGNED_IN)
)
async def list_devices(gateway: Gateway) -> list[schemas.Device]:
    """All devices in the order of the site file."""
    return [
        schemas.Device.model_validate(_device(device, gateway.live.latest))
        for device in gateway.site.devices
    ]


@router.get(
    "/devices/{device}",
    summary="Look at a device",
    tags=["devices"],
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_device(gateway: Gateway, device: DeviceId) -> schemas.DeviceFile:
    """The device with its points, their newest readings, and what can be asked of it."""
    found = find_device(gateway.site.devices, device)
    newest = gateway.live.latest
    points = tuple(show_point(point, newest) for point in found.points)
    offered = tuple(_offered(found, action, gateway.site.access) for action in found.commands)
    settable = tuple(_settable(name, setpoint) for name, setpoint in found.setpoints.items())
    shown = {
        **_device(found, newest),
        "points": points,
        "commands": offered,
        "setpoints": settable,
    }
    return schemas.DeviceFile.model_validate(shown)


@router.get("/points", summary="List points", tags=["points"], responses=documented(*ANY_SIGNED_IN))
async def list_points(gateway: Gateway) -> list[schemas.Point]:
    """All points with their newest readings."""
    newest = gateway.live.latest
    return [show_point(point, newest) for point in gateway.site.points.values()]


@router.get(
    "/points/{device}/{name}",
    summary="Look at a point",
    tags=["points"],
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def look_at_point(gateway: Gateway, device: DeviceId, name: PointName) -> schemas.Point:
    """The point with its newest reading."""
    return show_point(find_point(gateway.site.points, device, name), gateway.live.latest)


def find_device(devices: Iterable[Device], id_: str) -> Device:
    """Missing when the site file knows no such device."""
    found = next((known for known in devices if known.id == id_), None)
    if found is None:
        raise Missing(f"device {id_}", "is not in the site file")
    return found


def find_point(points: Mapping[str, Point], device: str, name: str) -> Point:
    """Missing when the site file knows no such point."""
    point = points.get(f"{device}/{name}")
    if point is None:
        raise Missing(f"point {device}/{name}", "is not in the site file")
    return point


def show_point(point: Point, newest: Newest) -> schemas.Point:
    """The point with what it said last."""
    return schemas.Point.model_validate(
        {
            "id": point.id,
            "kind": point.kind,
            "name": point.name,
            "unit": point.unit,
            "states": point.states,
            "low": point.low,
            "high": point.high,
            "latest": newest.get(point.id),
        }
    )


def _offered(device: Device, action: Action, settings: AccessSettings) -> schemas.Offered:
    return schemas.Offered(
        action=action,
        right=right_to(device, action),
        second_factor=action in settings.second_factor,
        second_person=action in settings.second_person,
    )


def _settable(name: str, setpoint: Setpoint) -> schemas.Setpoint:
    number = not setpoint.states
    return schemas.Setpoint(
        point=name,
        right=right_to_set(setpoint),
        low=setpoint.low if number else None,
        high=setpoint.high if number else None,
        states=setpoint.states,
    )


def _device(device: Device, newest: Newest) -> dict[str, object]:
    heard = [
        newest[point.id].quality for point in device.told or device.points if point.id in newest
    ]
    return {
        "id": device.id,
        "kind": device.kind,
        "name": device.name,
        "place": device.place,
        "connection": device.connection,
        "position": device.position,
        "quality": max(heard, key=list(Quality).index, default=None),
    }
