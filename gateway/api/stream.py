"""The live stream: what the estate looks like now, then whatever changes, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from gateway.api import stream_schemas as schemas
from gateway.api.guard import identify, may
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.feed import Changes, Subscription
from gateway.security.roles import Right

router = APIRouter(tags=["stream"], dependencies=[Depends(may(Right.READ))])

PAUSE_S: Final = 0.1
"""Between two events: what changes meanwhile comes in one. Alarms and tickets are waited with for
LEAST_PAUSE_S only."""
LEAST_PAUSE_S: Final = 0.01

LOOK_S: Final = 1.0
"""How long after its session or token has ended a stream may go on."""


async def _following(gateway: Gateway) -> AsyncIterator[tuple[Changes, Subscription]]:
    # As a dependency it ends with the response, however that ends, and a ledger that cannot be
    # read is still told by the status.
    with gateway.feed.subscribe() as subscription:
        snapshot = Changes(
            readings=tuple(gateway.live.latest.values()),
            alarms=tuple(await gateway.desk.alarms()),
            tickets=tuple(await gateway.desk.tickets()),
        )
        yield snapshot, subscription


@router.get(
    "/stream",
    summary="Follow what changes",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "Events without end.", "model": schemas.Changes},
        **documented(*ANY_SIGNED_IN),
    },
)
async def follow(
    gateway: Gateway,
    request: Request,
    following: Annotated[tuple[Changes, Subscription], Depends(_following)],
) -> AsyncIterator[ServerSentEvent]:
    """First an event `snapshot`: newest readings, open alarms, open tickets. Then events `changes`
    of the same form: readings at most ten times a second, alarms and tickets at once. Nothing falls
    between the two; what changed in that moment may come twice. A comment every 15 s keeps the
    connection alive. Ends with the session or the token; a new connection starts with a new
    snapshot."""
    snapshot, subscription = following
    yield _event("snapshot", snapshot)
    while True:
        changes = await _next(subscription)
        if not _still_allowed(gateway, request):
            return
        if changes is not None:
            yield _event("changes", changes)
            await asyncio.sleep(LEAST_PAUSE_S)
            await subscription.pause(PAUSE_S - LEAST_PAUSE_S)


async def _next(subscription: Subscription) -> Changes | None:
    """None when nothing has changed for a while; nothing is lost by that."""
    try:
        async with asyncio.timeout(LOOK_S):
            return await subscription.changes()
    except TimeoutError:
        return None


def _still_allowed(gateway: Gateway, request: Request) -> bool:
    identity = identify(gateway.accounts, request)
    return identity is not None and Right.READ in identity.rights


def _event(name: str, changes: Changes) -> ServerSentEvent:
    # FastAPI would take ten times as long for the same JSON.
    return ServerSentEvent(
        event=name, raw_data=schemas.Changes.model_validate(changes).model_dump_json()
    )
