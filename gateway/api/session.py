"""Signing in and out."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway.api.account_schemas import Me, OwnPassword, SignIn
from gateway.api.guard import COOKIE, Anybody, place_of, presented_secret, require_own_wish
from gateway.api.problems import ANY_SIGNED_IN, documented
from gateway.api.wiring import Gateway
from gateway.model.actor import Actor
from gateway.model.clock import SECOND
from gateway.security.accounts import SESSION_LIFETIME
from gateway.security.identity import Identity, NotAllowed, NotSignedIn, TooManyAttempts, Via

router = APIRouter(prefix="/session", tags=["session"])

_LINK_PATH: Final = "/api/v1/session/link"


def sign_in_path(link: str) -> str:
    """Where a sign-in link's secret is turned into a session, on this gateway's address."""
    return f"{_LINK_PATH}?secret={link}"


@router.post(
    "",
    summary="Sign in with a password",
    status_code=204,
    responses=documented(NotSignedIn, NotAllowed, TooManyAttempts),
)
async def sign_in(gateway: Gateway, request: Request, given: SignIn) -> Response:
    """Sets the session cookie, good for 12 hours. After five failures within five minutes the next
    attempt has to wait."""
    require_own_wish(request.headers, certain=False)
    secret = await gateway.accounts.sign_in(given.name, given.password, address=place_of(request))
    return with_session_cookie(Response(status_code=204), request, secret)


@router.get(
    "/link",
    summary="Sign in with a one-time link",
    status_code=303,
    response_class=RedirectResponse,
    responses=documented(NotSignedIn, TooManyAttempts),
)
async def redeem(
    gateway: Gateway,
    request: Request,
    secret: Annotated[str, Query(max_length=100, description="The link's.", examples=["Zm9y…"])],
) -> Response:
    """Sets the session cookie and leads to the duty desk. A link is good once."""
    session = await gateway.accounts.redeem(secret, address=place_of(request))
    return with_session_cookie(RedirectResponse("/", 303), request, session)


@router.get(
    "", summary="Who am I", response_model=Me, responses=documented(NotSignedIn, NotAllowed)
)
async def me(identity: Anybody) -> Identity:
    """Who is asking, and what they may do."""
    return identity


@router.delete("", summary="Sign out", status_code=204, responses=documented(*ANY_SIGNED_IN))
async def sign_out(gateway: Gateway, request: Request, identity: Anybody) -> Response:
    """Ends the session the request came with."""
    secret = presented_secret(request)
    if identity.via is not Via.SESSION or secret is None:
        raise NotAllowed("an API token", "cannot sign out", "revoke it instead")
    await gateway.accounts.sign_out(secret, address=place_of(request))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


@router.put(
    "/password",
    summary="Change one's own password",
    status_code=204,
    responses=documented(*ANY_SIGNED_IN, TooManyAttempts),
)
async def change_password(
    gateway: Gateway, request: Request, identity: Anybody, new: OwnPassword
) -> None:
    """Ends all the user's sessions, this one too: sign in with the new password. For people, not
    for API tokens."""
    if identity.via is not Via.SESSION:
        raise NotAllowed("an API token", "cannot change a password", "sign in")
    who = Actor(identity.user, identity.role, place_of(request))
    await gateway.accounts.change_own_password(new.present, new.password, who=who)


def with_session_cookie(response: Response, request: Request, secret: str) -> Response:
    """The response, signing the browser in. For pages as for routers."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=SESSION_LIFETIME // SECOND,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response
