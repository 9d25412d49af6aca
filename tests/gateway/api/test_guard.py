"""Who gets in, for every operation there is."""

from collections.abc import Iterator

import httpx
from fastapi.routing import iter_route_contexts
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.api.app import create_api
from gateway.api.guard import COOKIE, identity_of
from gateway.security.audit import CONSOLE
from gateway.security.roles import RIGHTS, Right, Role
from tests.blocking import excused
from tests.gateway.api.conftest import ORIGIN, PASSWORD, Wired

PUBLIC = {
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/session/link"),
    ("GET", "/healthz"),
    ("POST", "/api/v1/hooks/{hook}"),  # what it takes is signed
}

NEEDS = {
    "/api/v1/session": None,
    "/api/v1/users": Right.MANAGE_ACCOUNTS,
    "/api/v1/tokens": Right.MANAGE_ACCOUNTS,
    "/api/v1/audit": Right.AUDIT,
    "/api/v1/health": Right.SEE_HEALTH,
    "/api/v1/connections": Right.TAKE_INTO_SERVICE,
    "/api/v1/alarms/{alarm}/acknowledge": Right.WORK,
    "/api/v1/alarms/{alarm}/reset": Right.WORK,
    "/api/v1/tickets/{number}/acts": Right.WORK,
    "POST /api/v1/handovers/notes": Right.WORK,
    "POST /api/v1/keys": Right.WORK,
    "POST /api/v1/passes": Right.MANAGE_PASSES,
    "POST /api/v1/vehicles/left": Right.WORK,
    "POST /api/v1/gate-records": Right.WORK,
    "PUT /api/v1/roster": Right.MANAGE_SHIFTS,
    "/api/v1/alarms/{alarm}/shelve": Right.SHELVE,
    "/api/v1/suppressions/shelve": Right.SHELVE,
    "/api/v1/suppressions/{suppression}/unshelve": Right.SHELVE,
    "/api/v1/suppressions/out-of-service": Right.OUT_OF_SERVICE,
    "/api/v1/suppressions/{suppression}/back-in-service": Right.OUT_OF_SERVICE,
    "POST /api/v1/tickets": Right.WORK,
}
"""By the beginning of the path, or of method and path; everything else needs Right.READ."""

IN_PERSON = {("DELETE", "/api/v1/session"), ("POST", "/api/v1/handovers/{number}/signatures")}
"""No token does these: nobody signs out with one, and no program signs."""

ENDLESS = "/api/v1/stream"


def operations(wired: Wired) -> Iterator[tuple[str, str]]:
    """Every operation described; a second test sees to it that every route is."""
    for path, methods in wired.app.openapi()["paths"].items():
        for method in methods:
            yield method.upper(), path


def needed(method: str, path: str) -> Right | None:
    begins = [begin for begin in NEEDS if f"{method} {path}".startswith(begin)]
    begins += [begin for begin in NEEDS if path.startswith(begin)]
    return NEEDS[begins[0]] if begins else Right.READ


def filled(path: str) -> str:
    """The path of something that is not there."""
    return (
        path.replace("{alarm}", "999").replace("{number}", "999").replace("{", "").replace("}", "")
    )


async def test_every_route_but_the_public_ones_refuses_who_is_not_signed_in(wired: Wired) -> None:
    asked = 0
    async with wired.client() as client:
        for method, path in operations(wired):
            if (method, path) in PUBLIC:
                continue
            answer = await client.request(method, filled(path), json={})
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            asked += 1
    assert asked > 20


async def test_a_route_that_is_not_described_is_one_of_these(wired: Wired) -> None:
    described = set(wired.app.openapi()["paths"])
    routed = {context.path for context in iter_route_contexts(wired.app.routes)}
    assert routed - described == {"/openapi.json", "/docs"}


async def test_a_role_gets_what_it_may_and_403_for_the_rest(wired: Wired) -> None:
    for role in Role:
        async with await wired.program(role) as client:
            for method, path in operations(wired):
                if (method, path) in PUBLIC or path == ENDLESS:
                    continue
                answer = await client.request(method, filled(path), json={})
                right = needed(method, path)
                if (method, path) in IN_PERSON:
                    assert answer.status_code == 403, (role, method, path)
                elif right is None or right in RIGHTS[role]:
                    assert answer.status_code in (200, 201, 404, 422), (role, method, path)
                else:
                    assert answer.status_code == 403, (role, method, path)


FOREIGN: list[dict[str, str]] = [
    {"origin": "http://evil.test"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": f"{ORIGIN}.evil.test"},
    {"origin": "http://["},
    {"sec-fetch-site": "cross-site", "origin": ORIGIN},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {},
]


async def test_a_page_of_another_site_cannot_write_with_the_operators_cookie(wired: Wired) -> None:
    session = await wired.session(Role.ADMIN)
    for headers in FOREIGN:
        async with wired.client(**headers) as client:
            client.cookies.set(COOKIE, session, domain="gateway.test")
            answer = await client.post("/api/v1/users", json={"name": "mallory", "role": "admin"})
            assert answer.status_code == 403
            assert "does not come from a page of this gateway" in answer.json()["problem"]
            assert (await client.get("/api/v1/users")).status_code == 200
    assert "mallory" not in [user.name for user in await wired.services.accounts.users()]


async def test_the_gateways_own_pages_write_with_the_cookie(wired: Wired) -> None:
    session = await wired.session(Role.ADMIN)
    for name, site in (("zhang", {}), ("wang", {"sec-fetch-site": "same-origin"})):
        async with wired.client(origin=ORIGIN, **site) as client:
            client.cookies.set(COOKIE, session, domain="gateway.test")
            answer = await client.post("/api/v1/users", json={"name": name, "role": "operator"})
            assert answer.status_code == 201


async def test_a_token_needs_no_origin_because_no_browser_sends_it_by_itself(wired: Wired) -> None:
    async with await wired.program(Role.ADMIN) as client:
        answer = await client.post("/api/v1/users", json={"name": "zhang", "role": "operator"})
        assert answer.status_code == 201


async def test_another_sites_page_cannot_sign_a_browser_in(wired: Wired) -> None:
    async with wired.client(origin="http://evil.test") as client:
        given = {"name": "operator", "password": PASSWORD}
        assert (await client.post("/api/v1/session", json=given)).status_code == 403


async def test_secrets_are_good_only_where_they_belong(wired: Wired) -> None:
    token, session = await wired.token(Role.ADMIN), await wired.session(Role.ADMIN)
    async with wired.client(origin=ORIGIN) as client:
        client.cookies.set(COOKIE, token, domain="gateway.test")
        assert (await client.get("/api/v1/session")).status_code == 401
    async with wired.client(authorization=f"Bearer {session}") as client:
        assert (await client.get("/api/v1/session")).status_code == 401


async def test_a_header_that_names_nobody_is_refused(wired: Wired) -> None:
    async with wired.client() as client:
        for said in (
            "Bearer",
            "Bearer ",
            "Bearer gh_guess",
            "Basic YTph",
            "gh_x",
            "Bearer \xff\xfe",
        ):
            request = client.build_request("GET", "/api/v1/devices")
            request.headers = httpx.Headers([(b"Authorization", said.encode("latin-1"))])
            assert (await client.send(request)).status_code == 401, said


async def test_a_disabled_users_token_and_session_are_refused_at_once(wired: Wired) -> None:
    program = await wired.program(Role.ENGINEER)
    browser = await wired.browser(Role.ENGINEER)
    async with program, browser:
        for client in (program, browser):
            assert (await client.get("/api/v1/devices")).status_code == 200
        await wired.services.accounts.change_user("engineer", disabled=True, who=CONSOLE)
        for client in (program, browser):
            assert (await client.get("/api/v1/devices")).status_code == 401


async def test_every_answer_tells_the_browser_what_it_must_not_do(wired: Wired) -> None:
    async with wired.client() as client:
        for path in ("/healthz", "/docs", "/api/v1/devices", "/nowhere"):
            headers = (await client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"] == "frame-ancestors 'none'"
            assert headers["referrer-policy"] == "no-referrer"
        assert (await client.get("/api/v1/devices")).headers["cache-control"] == "no-store"


async def test_a_page_mounted_beside_the_api_knows_who_is_asking(wired: Wired) -> None:
    async def page(request: Request) -> PlainTextResponse:
        identity = identity_of(request)
        return PlainTextResponse("nobody" if identity is None else identity.user)

    with excused():
        wired.app = create_api(wired.services)
    wired.app.mount("/", Starlette(routes=[Route("/desk", page)]))
    async with await wired.browser(Role.MANAGER) as client:
        assert (await client.get("/desk")).text == "manager"
    async with wired.client() as client:
        assert (await client.get("/desk")).text == "nobody"
