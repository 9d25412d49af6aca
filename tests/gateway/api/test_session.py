"""Signing in and out."""

from gateway.api.guard import COOKIE
from gateway.api.session import sign_in_path
from gateway.model.clock import HOUR, MINUTE
from gateway.security.audit import CONSOLE
from gateway.security.roles import RIGHTS, Role
from tests.gateway.api.conftest import ORIGIN, PASSWORD, Wired


async def test_a_password_sets_a_cookie_no_script_can_read(wired: Wired) -> None:
    async with wired.client(origin=ORIGIN) as client:
        given = {"name": "operator", "password": PASSWORD}
        answer = await client.post("/api/v1/session", json=given)
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"):
            assert part in cookie
        assert "Secure" not in cookie
        me = (await client.get("/api/v1/session")).json()
        assert me == {
            "user": "operator",
            "role": "operator",
            "rights": me["rights"],
            "via": "session",
            "expires_at": "2023-11-15T10:13:20Z",
        }
        assert set(me["rights"]) == {right.value for right in RIGHTS[Role.OPERATOR]}
        assert (await client.delete("/api/v1/session")).status_code == 204
        assert COOKIE not in client.cookies
        assert (await client.get("/api/v1/session")).status_code == 401


async def test_behind_tls_the_cookie_is_sent_over_tls_only(wired: Wired) -> None:
    async with wired.client() as client:
        given = {"name": "operator", "password": PASSWORD}
        answer = await client.post("https://gateway.test/api/v1/session", json=given)
        assert "Secure" in answer.headers["set-cookie"]


async def test_a_stolen_cookie_is_worthless_after_signing_out(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        stolen = client.cookies[COOKIE]
        await client.delete("/api/v1/session")
        client.cookies.set(COOKIE, stolen, domain="gateway.test")
        assert (await client.get("/api/v1/devices")).status_code == 401


async def test_a_session_ends_after_twelve_hours(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        wired.clock.now += 12 * HOUR
        assert (await client.get("/api/v1/devices")).status_code == 401


async def test_wrong_passwords_are_all_told_the_same_and_then_have_to_wait(wired: Wired) -> None:
    async with wired.client() as client:
        unknown = {"name": "nobody", "password": PASSWORD}
        wrong = {"name": "operator", "password": "wrong"}
        told = [await client.post("/api/v1/session", json=given) for given in (unknown, wrong)]
        assert [answer.status_code for answer in told] == [401, 401]
        assert told[0].text == told[1].text
        for _ in range(4):
            await client.post("/api/v1/session", json=wrong)
        right = {"name": "operator", "password": PASSWORD}
        answer = await client.post("/api/v1/session", json=right)
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "300"
        wired.clock.now += 5 * MINUTE
        assert (await client.post("/api/v1/session", json=right)).status_code == 204


async def test_a_link_signs_in_once_and_leads_to_the_desk_and_nowhere_else(wired: Wired) -> None:
    link = await wired.services.accounts.make_sign_in_link("manager", who=CONSOLE)
    path = sign_in_path(link)
    async with wired.client() as client:
        answer = await client.get(f"{path}&next=http://evil.test")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await client.get("/api/v1/session")).json()["user"] == "manager"
    async with wired.client() as client:
        again = await client.get(path)
        assert again.status_code == 401
        assert "ask for a new one" in again.json()["remedy"]
        assert "set-cookie" not in again.headers


async def test_a_session_left_open_is_not_enough_to_change_the_password(wired: Wired) -> None:
    new = {"password": "another horse battery"}
    async with await wired.browser(Role.OPERATOR) as client:
        path = "/api/v1/session/password"
        for present in ({}, {"present": "guess"}):
            assert (await client.put(path, json={**new, **present})).status_code == 403
        assert (await client.put(path, json={**new, "present": PASSWORD})).status_code == 204
        assert (await client.get("/api/v1/session")).status_code == 401
        given = {"name": "operator", **new}
        assert (await client.post("/api/v1/session", json=given)).status_code == 204
    async with await wired.program(Role.OPERATOR) as program:
        answer = await program.put(path, json={"password": PASSWORD, "present": new["password"]})
        assert answer.status_code == 403


async def test_an_old_link_is_refused(wired: Wired) -> None:
    link = await wired.services.accounts.make_sign_in_link("manager", who=CONSOLE)
    wired.clock.now += 10 * MINUTE
    async with wired.client() as client:
        assert (await client.get(sign_in_path(link))).status_code == 401


async def test_what_is_not_a_sign_in_is_told_what_is_wrong_and_no_password_comes_back(
    wired: Wired,
) -> None:
    async with wired.client() as client:
        for given, told in [
            ({"name": "operator"}, "body.password: Field required"),
            ({"name": "x" * 65, "password": "sesame"}, "body.name: String should have at most 64"),
            ({"name": "x", "password": "sesame", "admin": True}, "body.admin: Extra inputs"),
            ({"name": ["x"], "password": {"$ne": "sesame"}}, "body.password: Input should be a"),
        ]:
            answer = await client.post("/api/v1/session", json=given)
            assert answer.status_code == 422
            assert told in answer.json()["detail"]
            assert "sesame" not in answer.text
