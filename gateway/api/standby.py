"""What a gateway answers that stands by for another one."""

from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from gateway.api.problems import MEDIA_TYPE

_PAGE: Final = """\
<!doctype html>
<html lang="zh"><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<title>Gatehouse</title>
<style>body{font:18px/1.6 sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style>
<h1>Standby · 备用</h1>
<p>This gateway stands by; open the pages of the other one.</p>
<p>本网关处于备用状态，请打开另一台网关的页面。</p></html>
"""
_UNAVAILABLE: Final = 503


def create_standby(active: Callable[[], str | None]) -> Starlette:
    """The application. `active` names the active gateway, None where that is not known."""

    async def pulse(_request: Request) -> Response:
        """As the active one's, for supervisors of processes and balancers of load."""
        return JSONResponse({"status": "ok", "role": "standby"})

    async def answer(request: Request) -> Response:
        headers = {"Retry-After": "5"}
        if not request.url.path.startswith("/api"):
            return HTMLResponse(_PAGE, _UNAVAILABLE, headers)
        detail = f"standby; the active gateway is {active() or 'not known'}"
        problem = {"type": "about:blank", "title": "Standby", "status": 503, "detail": detail}
        return JSONResponse(problem, _UNAVAILABLE, headers, media_type=MEDIA_TYPE)

    everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(
        routes=[
            Route("/healthz", pulse),
            Route("/{path:path}", answer, methods=everything),
        ]
    )
