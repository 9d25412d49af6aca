"""Who is asking, what they may do, and whether the request is their own wish."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, cast

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.alarms.suppression import TERMS
from gateway.api.wiring import services_of
from gateway.model.actor import Actor
from gateway.model.alarm import Suppressing
from gateway.security.accounts import Accounts
from gateway.security.identity import Identity, NotAllowed, NotSignedIn, Via
from gateway.security.roles import Right

COOKIE: Final = "gatehouse_session"

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

# For the API's description only: Guard has looked at both already.
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by signing in.")
_bearer = HTTPBearer(auto_error=False, description="An API token, gh_…")


class Guard:
    """Finds out who is asking, for the API and for pages mounted beside it, and has every answer
    tell the browser what it must not do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        connection = HTTPConnection(scope)
        connection.state.identity = identify(services_of(connection).accounts, connection)
        await self._app(scope, receive, send_with_headers)


def identify(accounts: Accounts, connection: HTTPConnection) -> Identity | None:
    """Who is asking as things are now, which is not always as they were when the request began."""
    via, secret = _presented(connection)
    identity = None if secret is None else accounts.resolve(secret)
    # A token is good in the header only: what a browser sends by itself is checked for its origin.
    return identity if identity is not None and identity.via is via else None


def identity_of(connection: HTTPConnection) -> Identity | None:
    """Who is asking; None for somebody unknown. For pages as for routers."""
    return cast(Identity | None, connection.state.identity)


def presented_secret(connection: HTTPConnection) -> str | None:
    """The secret of the session or token the request came with."""
    return _presented(connection)[1]


def may(right: Right | None) -> Callable[..., Awaitable[Identity]]:
    """A dependency: whoever is asking, if they may. With None anybody who is signed in."""

    async def allowed(
        request: Request,
        _session: Annotated[object, Security(_cookie)],
        _token: Annotated[object, Security(_bearer)],
    ) -> Identity:
        identity = identity_of(request)
        if identity is None:
            raise NotSignedIn("sign-in", "is needed", "sign in, or send an API token")
        if identity.via is Via.SESSION and request.method not in _SAFE_METHODS:
            require_own_wish(request.headers, certain=True)
        if right is not None:
            require_right(identity, right)
        return identity

    return allowed


def require_right(identity: Identity, right: Right) -> None:
    """NotAllowed when they do not have it."""
    if right not in identity.rights:
        raise NotAllowed(
            f"user {identity.user}",
            f"role {identity.role} may not {right}",
            "ask an administrator",
        )


def require_own_wish(headers: Headers, *, certain: bool) -> None:
    """NotAllowed when another site's page made the browser send this (cross-site request forgery).

    Browsers name the page's origin with every write. `certain` also refuses a request that names
    none: it is for what a browser's cookie alone would allow.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        own = site == "same-origin"
    elif origin is not None:
        own = origin.partition("://")[2] == headers.get("host")
    else:
        own = not certain
    if not own:
        raise NotAllowed(
            "this request", "does not come from a page of this gateway", "use an API token"
        )


def _presented(connection: HTTPConnection) -> tuple[Via, str | None]:
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Via.TOKEN, secret.strip()
    return Via.SESSION, connection.cookies.get(COOKIE)


Anybody = Annotated[Identity, Depends(may(None))]


def acting(right: Right) -> Callable[..., Awaitable[Actor]]:
    """A dependency: whoever is asking, if they may, as the records name them."""

    async def actor(request: Request, identity: Annotated[Identity, Depends(may(right))]) -> Actor:
        return Actor(identity.user, identity.role, place_of(request))

    return actor


def place_of(connection: HTTPConnection) -> str:
    """The address of the workplace somebody asks from."""
    return "unknown" if connection.client is None else connection.client.host


Worker = Annotated[Actor, Depends(acting(Right.WORK))]
Shelver = Annotated[Actor, Depends(acting(TERMS[Suppressing.SHELVED].right))]
Engineer = Annotated[Actor, Depends(acting(TERMS[Suppressing.OUT_OF_SERVICE].right))]
AccountManager = Annotated[Actor, Depends(acting(Right.MANAGE_ACCOUNTS))]
