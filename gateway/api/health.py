"""How the gateway itself is doing."""

from fastapi import APIRouter, Depends

from gateway.api import health_schemas as schemas
from gateway.api.guard import may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.health import Health
from gateway.security.roles import Right

router = APIRouter(tags=["health"])
public = APIRouter(tags=["health"])


@router.get(
    "/health",
    summary="Look at the gateway's health",
    response_model=schemas.Health,
    dependencies=[Depends(may(Right.SEE_HEALTH))],
    responses=documented(*ANY_SIGNED_IN),
)
async def look_at_health(gateway: Gateway) -> Health:
    """Connections, followers and dead letters, for the engineer."""
    return gateway.health()


@public.get("/healthz", summary="Is all well")
async def pulse(gateway: Gateway) -> schemas.Pulse:
    """For supervisors of processes: needs no sign-in and tells no details. Always answers 200;
    a degraded gateway is not helped by restarting it."""
    health = gateway.health()
    return schemas.Pulse(status="degraded" if health.faults else "ok", role=health.role)
