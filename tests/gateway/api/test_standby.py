"""What a gateway answers that stands by."""

import httpx
import pytest

from gateway.api.standby import create_standby
from tests.gateway.api.conftest import ORIGIN


def client(active: str | None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_standby(lambda: active))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


async def test_supervisors_find_it_well_and_in_its_role() -> None:
    async with client("north") as asking:
        assert (await asking.get("/healthz")).json() == {"status": "ok", "role": "standby"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_the_api_names_the_active_gateway_and_does_nothing(method: str) -> None:
    async with client("north") as asking:
        answer = await asking.request(method, "/api/v1/tickets")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] == "standby; the active gateway is north"


async def test_people_are_told_in_both_languages() -> None:
    async with client(None) as asking:
        answer = await asking.get("/")
        assert answer.status_code == 503
        assert "Standby · 备用" in answer.text
