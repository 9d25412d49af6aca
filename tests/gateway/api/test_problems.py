"""Errors, whatever their cause."""

from dataclasses import replace

from gateway.api.app import LONGEST_BODY
from gateway.health import Health
from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired


async def test_errors_are_problem_details_for_the_person_who_must_act(wired: Wired) -> None:
    async with await wired.program(Role.OPERATOR) as client:
        answer = await client.get("/api/v1/tickets/5")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "about:blank",
            "title": "Not Found",
            "status": 404,
            "detail": "ticket 5: there is no such ticket; look at the list of tickets",
            "subject": "ticket 5",
            "problem": "there is no such ticket",
            "remedy": "look at the list of tickets",
        }


async def test_unknown_paths_and_methods_are_problems_too(wired: Wired) -> None:
    async with wired.client() as client:
        for answer, status in (
            (await client.get("/api/v1/nowhere"), 404),
            (await client.put("/healthz"), 405),
        ):
            assert (answer.status_code, answer.json()["status"]) == (status, status)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_an_error_of_ours_tells_nothing_of_its_inner_workings(wired: Wired) -> None:
    def broken() -> Health:
        raise RuntimeError("the secret is sesame")

    wired.app.state.services = replace(wired.services, health=broken)
    async with wired.client() as client:
        answer = await client.get("/healthz")
        assert answer.status_code == 500
        assert answer.json()["detail"] == "an error of ours: it is in the log"
        assert "sesame" not in answer.text
        assert "Traceback" not in answer.text


async def test_a_body_too_large_is_refused_with_and_without_a_stated_length(wired: Wired) -> None:
    async def chunks() -> object:
        for _ in range(LONGEST_BODY // 65_536 + 1):
            yield b" " * 65_536

    async with await wired.browser(Role.OPERATOR) as client:
        headers = {"content-type": "application/json"}
        for body in (b" " * (LONGEST_BODY + 1), chunks()):
            answer = await client.post("/api/v1/tickets/1/acts", content=body, headers=headers)  # type: ignore[arg-type]  # httpx types it too narrowly
            assert answer.status_code == 413


async def test_a_body_that_is_not_json_is_told_so(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        headers = {"content-type": "application/json"}
        for body in (b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000):
            answer = await client.post("/api/v1/tickets/1/acts", content=body, headers=headers)
            assert 400 <= answer.status_code < 500, body[:10]
            assert answer.json()["detail"]
