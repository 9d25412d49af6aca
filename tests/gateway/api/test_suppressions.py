"""Shelving, and what is out of service."""

import pytest
from pydantic import ValidationError

from gateway.api.suppression_schemas import OutOfService
from gateway.model.clock import HOUR
from gateway.security.roles import Role
from tests.gateway.api.conftest import PASSWORD, Wired
from tests.gateway.samples import reading

SOON = "2023-11-14T22:30:00Z"
TOMORROW = "2023-11-15T22:30:00Z"
WORK = {
    "rule": "tank/low-level",
    "review": TOMORROW,
    "work_order": "WO-1",
    "approved_by": "manager",
    "approval": PASSWORD,
    "reason": "overhaul",
}


@pytest.fixture
async def low(wired: Wired) -> Wired:
    """A tank has run low: alarm 1, ticket 1."""
    await wired.hear(reading("tank/level", 0.5))
    return wired


async def test_a_shelved_alarm_is_on_the_list_of_what_is_suppressed_and_comes_back(
    low: Wired,
) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        (alarm,) = (await client.get("/api/v1/alarms")).json()
        seen = {"occurrence": alarm["occurrences"], "sequence": alarm["sequence"]}
        asked = {**seen, "until": SOON, "reason": "sensor swapped"}
        shelved = await client.post("/api/v1/alarms/1/shelve", json=asked)
        assert shelved.status_code == 200, shelved.text
        assert (await client.get("/api/v1/alarms")).json() == []
        (quiet,) = (await client.get("/api/v1/suppressions")).json()
        assert (quiet["suppression"]["who"], quiet["suppression"]["until"]) == ("operator", SOON)
        assert (quiet["alarm"]["active"], quiet["alarm"]["suppressed"]) == (True, ["shelved"])
        again = await client.post(
            "/api/v1/suppressions/shelve",
            json={"rule": "tank/low-level", "until": SOON, "reason": "x"},
        )
        assert (again.status_code, again.json()["problem"]) == (409, "is shelved already")
        number = quiet["suppression"]["id"]
        ended = await client.post(f"/api/v1/suppressions/{number}/unshelve", json={})
        assert ended.json()["ended_by"] == "operator"
        (back,) = (await client.get("/api/v1/alarms")).json()
        assert (back["attention"], back["suppressed"], back["ticket"]) == ("unack", [], 1)
        twice = await client.post(f"/api/v1/suppressions/{number}/unshelve", json={})
        assert (twice.status_code, twice.json()["problem"]) == (409, "is over already")
        entries = (await client.get("/api/v1/tickets/1")).json()["entries"]
        texts = {entry["what"]: entry["text"] for entry in entries}
        assert texts["suppressed"] == "shelved: → 2023-11-15 06:30 · sensor swapped"
        assert entries[-1]["what"] == "unsuppressed"


async def test_an_alarm_that_moved_on_is_not_shelved(low: Wired) -> None:
    await low.hear(reading("tank/level", 2.0, HOUR), reading("tank/level", 0.5, HOUR))
    async with await low.browser(Role.OPERATOR) as client:
        asked = {"occurrence": 1, "sequence": 1, "until": SOON, "reason": "x"}
        late = await client.post("/api/v1/alarms/1/shelve", json=asked)
        assert (late.status_code, late.json()["problem"]) == (
            409,
            "was raised again since occurrence 1 (now 2)",
        )


async def test_only_engineers_and_managers_take_things_out_of_service(low: Wired) -> None:
    path = "/api/v1/suppressions/out-of-service"
    async with await low.browser(Role.OPERATOR) as client:
        assert (await client.post(path, json=WORK)).status_code == 403
    async with await low.browser(Role.ENGINEER) as client:
        for second in ("engineer", "operator"):
            answer = await client.post(path, json=WORK | {"approved_by": second})
            assert (answer.status_code, answer.json()["problem"]) == (
                409,
                f"{second} cannot approve it",
            )
        for false in ({"approved_by": "nobody-known"}, {"approval": "guessed"}):
            answer = await client.post(path, json=WORK | false)
            told = (answer.status_code, answer.json()["problem"])
            assert told == (409, "name or password is wrong")
        begun = await client.post(path, json=WORK)
        assert (begun.json()["work_order"], begun.json()["approved_by"]) == ("WO-1", "manager")
        wrong = await client.post(f"/api/v1/suppressions/{begun.json()['id']}/unshelve", json={})
        assert wrong.json()["problem"] == "is not shelved"
    async with await low.browser(Role.MANAGER) as client:
        number = begun.json()["id"]
        back = await client.post(f"/api/v1/suppressions/{number}/back-in-service", json={})
        assert back.json()["ended_by"] == "manager"
        acts = [line["act"] for line in (await client.get("/api/v1/audit")).json()]
        assert {"countersigned", "out of service", "back in service"} <= set(acts)


async def test_whoever_may_not_approve_is_not_on_record_as_having_approved(low: Wired) -> None:
    async with await low.browser(Role.ENGINEER) as client:
        asked = WORK | {"approved_by": "operator"}
        await client.post("/api/v1/suppressions/out-of-service", json=asked)
    async with await low.browser(Role.MANAGER) as client:
        lines = (await client.get("/api/v1/audit")).json()
        acts = [line["act"] for line in lines if line["who"] == "operator"]
        assert "countersigning refused" in acts
        assert "countersigned" not in acts


async def test_testers_may_look_but_not_shelve(low: Wired) -> None:
    asked = {"rule": "tank/low-level", "until": SOON, "reason": "x"}
    async with await low.browser(Role.TESTER) as client:
        assert (await client.post("/api/v1/suppressions/shelve", json=asked)).status_code == 403
        assert (await client.get("/api/v1/suppressions")).json() == []


async def test_what_is_not_there_cannot_be_shelved(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        asked = {"rule": "tank/none", "until": SOON, "reason": "x"}
        assert (await client.post("/api/v1/suppressions/shelve", json=asked)).status_code == 404
        assert (await client.post("/api/v1/suppressions/9/unshelve", json={})).status_code == 404


def test_a_work_order_is_no_longer_than_what_the_ledger_keeps() -> None:
    told = {"rule": "tank/low-level", "review": "2023-11-20T08:00:00Z", "reason": "overhaul"}
    for longer in ({"work_order": "x" * 65}, {"approved_by": "x" * 65}, {"work_order": "a\x00"}):
        said = {**told, "work_order": "WO-1", "approved_by": "manager", "approval": "x", **longer}
        with pytest.raises(ValidationError):
            OutOfService.model_validate(said)
