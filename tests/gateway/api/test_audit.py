"""The audit record, as a manager reads it."""

import pytest

from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired


async def test_a_manager_reads_who_did_what_page_by_page(wired: Wired) -> None:
    async with await wired.browser(Role.ADMIN) as admin:
        await admin.patch("/api/v1/users/operator", json={"role": "engineer"})
    async with await wired.browser(Role.MANAGER) as manager:
        asked = {"who": "admin", "act": "role set"}
        (entry,) = (await manager.get("/api/v1/audit", params=asked)).json()
        assert (entry["subject"], entry["before"], entry["after"]) == (
            "operator",
            "operator",
            "engineer",
        )
        assert (entry["role"], entry["at"]) == ("admin", "2023-11-14T22:13:20Z")
        first = (await manager.get("/api/v1/audit", params={"limit": 3})).json()
        more = {"limit": 3, "below": first[-1]["id"]}
        second = (await manager.get("/api/v1/audit", params=more)).json()
        assert first[-1]["id"] == second[0]["id"] + 1
        later = {"start": "2023-11-15T00:00:00Z"}
        assert (await manager.get("/api/v1/audit", params=later)).json() == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ENGINEER, Role.TESTER])
async def test_nobody_else_reads_it(wired: Wired, role: Role) -> None:
    async with await wired.browser(role) as client:
        assert (await client.get("/api/v1/audit")).status_code == 403
