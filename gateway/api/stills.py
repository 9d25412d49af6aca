"""What cameras see now."""

from typing import Final

from fastapi import APIRouter, Depends, Response

from gateway.api.devices import DeviceId
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.errors import Missing, Unreachable
from gateway.model.clock import to_datetime
from gateway.security.roles import Right

router = APIRouter(prefix="/devices", tags=["snapshots"], dependencies=[Depends(may(Right.READ))])

TAKEN_AT: Final = "Taken-At"


@router.get(
    "/{device}/still",
    summary="Look by a camera",
    response_class=Response,
    responses={
        200: {
            "description": "The picture.",
            "content": {"image/jpeg": {}},
            "headers": {
                TAKEN_AT: {
                    "description": "When it was taken.",
                    "schema": {"type": "string", "format": "date-time"},
                }
            },
        },
        **documented(*ANY_SIGNED_IN, Missing, Unreachable),
    },
)
async def look_by_camera(gateway: Gateway, device: DeviceId) -> Response:
    """The next picture that the camera gives, at most 960 wide. Never an old one: when none comes
    within three seconds the camera is unreachable."""
    still = await gateway.stills.now(device)
    headers = {"Cache-Control": "no-store", TAKEN_AT: to_datetime(still.taken_at).isoformat()}
    return Response(still.jpeg, media_type="image/jpeg", headers=headers)
