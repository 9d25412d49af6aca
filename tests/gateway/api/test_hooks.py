"""Another system's messages."""

import json
from typing import Any

import httpx
import pytest

from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.outside.signatures import SIGNATURE, signed
from gateway.security.roles import Role
from tests.gateway.api.conftest import HOOK_SECRET, Wired
from tests.gateway.samples import NOON, reading

CALL = {
    "reporter": "Mrs Wang",
    "phone": "13800000000",
    "what": "Water comes through the ceiling",
    "where": "3-1201, kitchen",
}
OPEN = {
    "type": "ticket.open",
    "data": {"external": "WO-42", "call": CALL, "job": "urgent", "priority": 2},
}


def working(act: str, **given: Any) -> dict[str, Any]:
    return {"type": "ticket.act", "data": {"act": act, **given}}


async def send(
    wired: Wired,
    message: object,
    id_: str = "msg-1",
    *,
    hook: str = "erp",
    at: Micros = NOON,
    secret: bytes = HOOK_SECRET,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    async with wired.client() as client:
        return await client.post(
            f"/api/v1/hooks/{hook}",
            content=body,
            headers=signed(secret, id_, at, body) | (headers or {}),
        )


async def test_another_system_opens_a_ticket_and_works_it_by_its_own_number(wired: Wired) -> None:
    opened = await send(wired, OPEN)
    assert opened.status_code == 200, opened.text
    assert (opened.json()["source"], opened.json()["external"]) == ("webhook", "WO-42")
    number = opened.json()["number"]
    for place, act in enumerate(("acknowledge", "note", "resolve")):
        doing = working(act, external="WO-42", text="by the contractor")
        answer = await send(wired, doing, f"act-{place}")
        assert answer.status_code == 200, answer.text
    async with await wired.program(Role.OPERATOR) as client:
        file = (await client.get(f"/api/v1/tickets/{number}")).json()
    told = [(entry["who"], entry["what"]) for entry in file["entries"]]
    # The chain of those above goes by timers of its own.
    assert [each for each in told if each[0] != "gateway"][1:] == [
        ("webhook-erp", "acknowledge"),
        ("webhook-erp", "note"),
        ("webhook-erp", "resolve"),
    ]


async def test_it_works_an_alarms_ticket_by_our_number(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    answer = await send(wired, working("acknowledge", number=1))
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")


async def test_a_message_that_comes_again_is_answered_as_the_first_time_and_does_nothing(
    wired: Wired,
) -> None:
    first = await send(wired, OPEN)
    await send(wired, working("acknowledge", external="WO-42"), "msg-2")
    again = await send(wired, OPEN, at=NOON + SECOND)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    refused = await send(wired, working("close", external="WO-42"), "msg-3")
    assert refused.status_code == 409
    repeated = await send(wired, working("close", external="WO-42"), "msg-3")
    assert (repeated.status_code, repeated.content) == (409, refused.content)
    assert repeated.headers["content-type"] == "application/problem+json"


async def test_a_number_that_is_open_already_is_answered_with_its_ticket(wired: Wired) -> None:
    first = await send(wired, OPEN)
    second = await send(wired, OPEN, "msg-2")
    assert second.json()["number"] == first.json()["number"]


async def test_what_is_not_signed_just_now_with_the_secret_is_refused(wired: Wired) -> None:
    for answer in (
        await send(wired, OPEN, secret=HOOK_SECRET[::-1]),
        await send(wired, OPEN, at=NOON - 6 * MINUTE),
        await send(wired, OPEN, at=NOON + 6 * MINUTE),
        await send(wired, OPEN, headers={SIGNATURE: "v1,bm9uc2Vuc2U="}),
        await send(wired, OPEN, headers={SIGNATURE: ""}),
    ):
        assert answer.status_code == 401
    async with await wired.program(Role.OPERATOR) as client:
        assert (await client.get("/api/v1/tickets")).json() == []


async def test_a_refused_signature_is_not_kept_as_the_messages_answer(wired: Wired) -> None:
    await send(wired, OPEN, secret=HOOK_SECRET[::-1])
    assert (await send(wired, OPEN)).status_code == 200


async def test_a_webhook_that_the_site_does_not_have_is_not_found(wired: Wired) -> None:
    assert (await send(wired, OPEN, hook="other")).status_code == 404


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"no JSON", 422),
        (b"\xff\xfe", 422),
        ({"type": "ticket.delete", "data": {}}, 422),
        (working("dispatch", number=1), 422),
        (working("note", text="which?"), 422),
        (working("note", external="WO-0", text="none"), 404),
        (working("note", number=99, text="none"), 404),
        ({"type": "ticket.open", "data": {"external": "", "call": CALL, "priority": 2}}, 422),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    wired: Wired, message: object, status: int
) -> None:
    answer = await send(wired, message)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


async def test_a_huge_body_is_refused(wired: Wired) -> None:
    answer = await send(wired, b" " * (2 * 1024 * 1024))
    assert answer.status_code == 413


async def test_it_needs_no_session_and_no_origin_of_ours(wired: Wired) -> None:
    answer = await send(
        wired, OPEN, headers={"origin": "https://erp.test", "cookie": "gatehouse_session=x"}
    )
    assert answer.status_code == 200
