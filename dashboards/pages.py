"""The operator pages, mounted beside the API."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

import nicegui
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from nicegui import ui
from starlette.types import Lifespan

from dashboards import sign_in
from dashboards.access import AccessPage
from dashboards.desk import DutyDesk
from dashboards.frame import MakePage, show_page
from dashboards.gate import Gate
from dashboards.hand_over import HandOverPage
from dashboards.health import HealthPage
from dashboards.places import Place, open_to
from dashboards.quiet import QuietPage
from dashboards.reports import ReportsPage
from dashboards.texts import preferred_language
from dashboards.vehicles import VehiclesPage
from dashboards.workplace import Workplaces
from gateway.api.guard import identity_of
from gateway.security.roles import Right
from gateway.services import Services

STATIC: Final = "/static"

PAGES: Final[Mapping[Place, MakePage]] = {
    Place.DESK: DutyDesk,
    Place.ACCESS: AccessPage,
    Place.VEHICLES: VehiclesPage,
    Place.QUIET: QuietPage,
    Place.HAND_OVER: HandOverPage,
    Place.REPORTS: ReportsPage,
    Place.HEALTH: HealthPage,
}

RECONNECT_S: Final = 120.0
"""A browser that was starved or lost its network finds its page as it left it."""

LOST_S: Final = 10.0
"""Within about so long a page that hears nothing of the gateway says so (NiceGUI asks for a sign of
life at 0.8 and gives up after another 0.4 of it)."""


def mount_pages(api: FastAPI, services: Services) -> None:
    """Add the pages to the application. Once per process: NiceGUI has one application."""
    workplaces = Workplaces(services.clock)
    static = Path(str(files("dashboards") / "static"))
    api.mount(STATIC, StaticFiles(directory=static), name="static")
    api.include_router(sign_in.router(services, workplaces))

    for place, make in PAGES.items():
        _mount(place, make, services, workplaces)

    own_life = api.router.lifespan_context
    ui.run_with(
        api,
        title="Gatehouse",
        favicon=static / "favicon.svg",
        dark=True,
        tailwind=False,
        language=None,
        reconnect_timeout=LOST_S,
        show_welcome_message=False,
    )
    api.router.lifespan_context = _with_pages(own_life)
    nicegui.app.add_middleware(Gate)  # the last added is the first asked


def _with_pages(life: Lifespan[FastAPI]) -> Lifespan[FastAPI]:
    """The pages live as long as the API. Not by the lifespan that run_with makes: it looks through
    all objects for its server, and a tuple that another thread is just making is then none
    (SystemError; CPython issue 39117)."""

    @asynccontextmanager
    async def both(api: FastAPI) -> AsyncIterator[None]:
        async with nicegui.app.router.lifespan_context(nicegui.app), life(api):
            yield

    return both


def _mount(place: Place, make: MakePage, services: Services, workplaces: Workplaces) -> None:
    @ui.page(place, title="Gatehouse", dark=True, reconnect_timeout=RECONNECT_S)
    async def page(request: Request) -> Response | None:
        identity = identity_of(request)
        if identity is None or Right.READ not in identity.rights:
            return RedirectResponse(sign_in.PATH, 303)
        if place not in open_to(identity.rights):
            return RedirectResponse(Place.DESK, 303)
        wish = preferred_language(request.headers.get("accept-language", ""))
        workplace = workplaces.of(identity, wish)
        await show_page(services, request, identity, workplace, place, make)
        return None
