"""What devices say of themselves on a broker."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from gateway.api.documented import STORABLE, Documented, example_of
from gateway.api.guard import acting, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing
from gateway.model.actor import Actor
from gateway.model.discovered import Found, Heard
from gateway.security.roles import Right

router = APIRouter(
    prefix="/connections/{connection}/discovery",
    tags=["discovery"],
    dependencies=[Depends(may(Right.TAKE_INTO_SERVICE))],
)

Connection = Annotated[
    str, Path(max_length=64, pattern=STORABLE, description="Its id.", examples=["broker"])
]
Digest = Annotated[
    str, Path(pattern="^[0-9a-f]{16}$", description="An entry's.", examples=["9f86d081884c7d65"])
]
Approver = Annotated[Actor, Depends(acting(Right.TAKE_INTO_SERVICE))]


class FoundDevice(Documented):
    """One device, and what it would be in the site file."""

    id: str = Field(examples=["cellar-door"])
    kind: str = Field(examples=["door"])
    topic: str = Field(examples=["estate/cellar"])
    entry: str = Field(examples=["mappings: {}\ndevices: []\n"])
    """Text of a site file."""
    left_out: list[str] = Field(examples=[["availability on bridge/state is left out"]])
    digest: str = Field(examples=["9f86d081884c7d65"])
    """Of the entry: names it where it is approved."""


class Unusable(Documented):
    """What nothing could be made of."""

    topic: str = Field(examples=["homeassistant/vacuum/robot/config"])
    reason: str = Field(examples=["component vacuum is nothing Gatehouse has a kind for"])


class Discovered(Documented):
    """What was said below the prefixes that the site file allows."""

    found: list[FoundDevice] = Field(examples=[[example_of(FoundDevice)]])
    refused: list[Unusable] = Field(examples=[[example_of(Unusable)]])


@router.get("", summary="Look for devices", responses=documented(*ANY_SIGNED_IN, Missing))
async def look_for_devices(gateway: Gateway, connection: Connection) -> Discovered:
    """Listens for three seconds, in a session of its own that leaves nothing on the broker."""
    return _shown(await gateway.discovery.look(connection))


@router.post(
    "/{digest}/approve",
    summary="Approve of a device",
    responses=documented(*ANY_SIGNED_IN, Missing),
)
async def approve_of_device(
    gateway: Gateway, who: Approver, connection: Connection, digest: Digest
) -> FoundDevice:
    """Puts the approval on record and gives the entry. The gateway never writes its site file: put
    the entry there and check it."""
    return _device(await gateway.discovery.approve(connection, digest, who=who))


def _shown(heard: Heard) -> Discovered:
    refused = [Unusable(topic=topic, reason=reason) for topic, reason in heard.refused]
    return Discovered(found=[_device(found) for found in heard.found], refused=refused)


def _device(found: Found) -> FoundDevice:
    return FoundDevice(
        id=found.id,
        kind=found.kind,
        topic=found.topic,
        entry=found.entry,
        left_out=list(found.left_out),
        digest=found.digest,
    )
