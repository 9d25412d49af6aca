"""What reaches the pages at all."""

from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.places import Place
from gateway.api.guard import identity_of, require_own_wish
from gateway.security.identity import NotAllowed, NotSignedIn

SOCKET: Final = "/_nicegui_ws/"
_PAGES: Final = frozenset(Place)
_FILES: Final = ("/_nicegui/", "/favicon.ico")


class Gate:
    """Lets only signed-in people's own pages open the live connection, and leaves every path that
    is not a page to the application around."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith(SOCKET):
            try:
                _check(HTTPConnection(scope), certain=scope["type"] == "websocket")
            except (NotSignedIn, NotAllowed):
                if scope["type"] != "websocket":
                    raise
                await send({"type": "websocket.close", "code": 1008})
                return
        elif path not in _PAGES and not path.startswith(_FILES):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        await self._app(scope, receive, send)


def _check(connection: HTTPConnection, *, certain: bool) -> None:
    if identity_of(connection) is None:
        raise NotSignedIn("sign-in", "is needed", "sign in again")
    require_own_wish(connection.headers, certain=certain)
