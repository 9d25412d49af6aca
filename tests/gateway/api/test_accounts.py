"""Users and tokens, as an administrator sees them."""

from gateway.security.audit import CONSOLE
from gateway.security.roles import Role
from tests.gateway.api.conftest import PASSWORD, Wired


async def test_a_user_is_added_changed_and_disabled(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        new = {"name": "li.wei", "role": "operator", "password": PASSWORD}
        answer = await client.post("/api/v1/users", json=new)
        assert answer.status_code == 201
        assert answer.json() == {
            "name": "li.wei",
            "role": "operator",
            "disabled": False,
            "has_password": True,
            "created_at": "2023-11-14T22:13:20Z",
        }
        assert (await client.post("/api/v1/users", json=new)).status_code == 409
        user = "/api/v1/users/li.wei"
        changed = await client.patch(user, json={"role": "engineer"})
        assert (changed.json()["role"], changed.json()["disabled"]) == ("engineer", False)
        changed = await client.patch(user, json={"disabled": True})
        assert (changed.json()["role"], changed.json()["disabled"]) == ("engineer", True)
        listed = (await client.get("/api/v1/users")).json()
        assert changed.json() in listed
        assert "hash" not in str(listed)


async def test_the_last_administrator_stays(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        for change in ({"disabled": True}, {"role": "operator"}):
            answer = await client.patch("/api/v1/users/admin", json=change)
            assert answer.status_code == 409
            assert answer.json()["remedy"] == "make another one first"


async def test_a_new_password_and_a_link_let_the_user_in(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        await client.post("/api/v1/users", json={"name": "zhang", "role": "operator"})
        given = {"password": "a new horse battery"}
        assert (await client.put("/api/v1/users/zhang/password", json=given)).status_code == 204
        link = (await client.post("/api/v1/users/zhang/link")).json()
        assert link["expires_at"] == "2023-11-14T22:23:20Z"
    async with wired.client() as zhang:
        assert (await zhang.post("/api/v1/session", json={"name": "zhang", **given})).is_success
    async with wired.client() as zhang:
        assert (await zhang.get(link["path"])).status_code == 303
        await wired.services.accounts.end_sessions("zhang", who=CONSOLE)
        assert (await zhang.get("/api/v1/session")).status_code == 401


async def test_short_passwords_and_odd_names_are_told_so(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        for new in (
            {"name": "zhang", "role": "operator", "password": "short"},
            {"name": "zhang-the-first", "role": "operator", "password": "Zhang-The-First"},
            {"name": "Zhang", "role": "operator"},
            {"name": "gateway", "role": "operator"},
            {"name": "zhang", "role": "root"},
        ):
            answer = await client.post("/api/v1/users", json=new)
            assert answer.status_code == 422, new
            assert answer.json()["detail"]


async def test_acts_on_who_is_not_there_are_404(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        for method, path, body in [
            ("PATCH", "/api/v1/users/nobody", {"disabled": True}),
            ("PUT", "/api/v1/users/nobody/password", {"password": PASSWORD}),
            ("POST", "/api/v1/users/nobody/link", None),
            ("DELETE", "/api/v1/users/nobody/sessions", None),
            ("DELETE", "/api/v1/tokens/0123456789abcdef", None),
        ]:
            assert (await client.request(method, path, json=body)).status_code == 404, path


async def test_a_token_is_shown_once_works_and_is_revoked(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as admin:
        new = {
            "user": "engineer",
            "label": "Grafana",
            "role": "tester",
            "expires_at": "2023-11-15T08:13:20+08:00",
        }
        secret = (await admin.post("/api/v1/tokens", json=new)).json()["secret"]
        (token,) = (await admin.get("/api/v1/tokens")).json()
        assert token == {
            "id": token["id"],
            "user": "engineer",
            "label": "Grafana",
            "role": "tester",
            "created_at": "2023-11-14T22:13:20Z",
            "expires_at": "2023-11-15T00:13:20Z",
        }
        async with wired.client(authorization=f"Bearer {secret}") as program:
            assert (await program.get("/api/v1/health")).status_code == 200
            assert (await program.get("/api/v1/users")).status_code == 403
            await admin.delete(f"/api/v1/tokens/{token['id']}")
            assert (await program.get("/api/v1/health")).status_code == 401


async def test_a_token_with_more_rights_than_its_user_is_refused(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        new = {"user": "operator", "label": "escalation", "role": "admin"}
        answer = await client.post("/api/v1/tokens", json=new)
        assert answer.status_code == 409
        assert "may do more" in answer.json()["problem"]


async def test_times_without_an_offset_or_as_numbers_or_in_the_past_are_refused(
    wired: Wired,
) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        for when in ("2030-01-01T00:00:00", 1893456000, "tomorrow", "2020-01-01T00:00:00Z"):
            new = {"user": "operator", "label": "x", "role": "operator", "expires_at": when}
            assert (await client.post("/api/v1/tokens", json=new)).status_code == 422, when
