"""The HTTP application. Pages are mounted beside the API, behind the same guard."""

from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI

from gateway.api import (
    access_events,
    alarms,
    audit,
    commands,
    devices,
    discovery,
    export,
    figures,
    health,
    hooks,
    keys,
    lock_downs,
    metrics,
    problems,
    readings,
    reference,
    reports,
    roll_calls,
    roster,
    session,
    shifts,
    snapshots,
    standing_orders,
    stills,
    stream,
    suppressions,
    tickets,
    tokens,
    users,
    vehicles,
)
from gateway.api.guard import Guard
from gateway.services import Services

LONGEST_BODY: Final = 1024 * 1024
"""Bytes. Nothing people or programs send comes near it."""

DESCRIPTION: Final = """\
Everything the duty desk's pages can do. Times are RFC 3339: UTC in answers, any offset in requests.
Sign in for a session cookie, or send an API token as `Authorization: Bearer gh_…`. What a browser's
cookie allows is done for this gateway's own pages only. Errors are problem details (RFC 9457).
"""

TAGS: Final = {
    "session": "Signing in and out.",
    "users": "Who may come in.",
    "tokens": "Programs that act for a user.",
    "audit": "Who did what.",
    "devices": "What stands on the estate.",
    "access": "Who went through where.",
    "commands": "What doors, barriers and zones are asked to do, and what came of it.",
    "points": "What is measured, now and in the past.",
    "alarms": "What is abnormal.",
    "suppressions": "What keeps alarms quiet.",
    "hooks": "What other systems ask for.",
    "vehicles": "Who may drive in, and who came and went.",
    "tickets": "The duty desk's work.",
    "shifts": "Who mans the desk, and what one shift hands over to the next.",
    "reports": "What the desk did.",
    "snapshots": "What cameras saw and see.",
    "discovery": "Devices that describe themselves.",
    "stream": "What changes, live.",
    "health": "How the gateway itself is doing.",
}

RESOURCES: Final = (
    session,
    users,
    tokens,
    audit,
    devices,
    commands,
    lock_downs,
    standing_orders,
    access_events,
    roll_calls,
    readings,
    export,
    alarms,
    suppressions,
    figures,
    reports,
    tickets,
    shifts,
    roster,
    keys,
    vehicles,
    snapshots,
    stills,
    stream,
    hooks,
    discovery,
    health,
)
"""Under /api/v1, in the order of its description."""


class Api(FastAPI):
    """FastAPI, described once for all and with the form of our errors."""

    _described: dict[str, Any] | None = None

    def openapi(self) -> dict[str, Any]:
        """The API's description (OpenAPI)."""
        if self._described is None:
            described = super().openapi()
            described["components"]["schemas"]["Problem"] = problems.Problem.model_json_schema()
            self._described = described
        return self._described


def create_api(services: Services) -> FastAPI:
    """The application, complete but for the pages.

    Takes some 0.2 s: call it before the event loop has anything to wait for.
    """
    app = Api(
        title="Gatehouse",
        version=version("gatehouse"),
        description=DESCRIPTION,
        openapi_tags=[{"name": name, "description": said} for name, said in TAGS.items()],
        docs_url=None,  # FastAPI's own pages load scripts from outside
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        max_body_size=LONGEST_BODY,
    )
    app.state.services = services
    app.add_middleware(Guard)
    problems.install(app)
    resources = APIRouter(prefix="/api/v1")
    for resource in RESOURCES:
        resources.include_router(resource.router)
    app.include_router(resources)
    for beside in (health.public, metrics.router, reference.router):
        app.include_router(beside)
    app.openapi()  # also has every route ready, so that no first request holds up the loop
    return app
