"""Alarms and tickets."""

import pytest

from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import reading


@pytest.fixture
async def low(wired: Wired) -> Wired:
    """A tank has run low: alarm 1, ticket 1."""
    await wired.hear(reading("tank/level", 0.5))
    return wired


async def test_an_alarm_is_listed_with_what_raised_it_and_acknowledged_as_seen(low: Wired) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        (alarm,) = (await client.get("/api/v1/alarms")).json()
        assert (alarm["rule"], alarm["priority"], alarm["attention"], alarm["ticket"]) == (
            "tank/low-level",
            2,
            "unack",
            1,
        )
        assert alarm["evidence"]["value"] == 0.5
        assert alarm["raised_at"] == "2023-11-14T22:13:20Z"
        path = f"/api/v1/alarms/{alarm['id']}/acknowledge"
        late = await client.post(path, json={"occurrence": 1, "sequence": alarm["sequence"] - 1})
        assert late.status_code == 409
        assert late.json()["remedy"] == "look at it again"
        seen = await client.post(
            path, json={"occurrence": 1, "sequence": alarm["sequence"], "text": "seen"}
        )
        assert seen.json()["attention"] == "acked"
        again = await client.post(path, json={"occurrence": 1, "sequence": seen.json()["sequence"]})
        assert again.status_code == 409
        file = (await client.get("/api/v1/tickets/1")).json()
        assert (file["ticket"]["state"], file["entries"][-1]["who"]) == ("accepted", "operator")


async def test_an_alarm_that_is_not_latched_cannot_be_reset(low: Wired) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        assert (
            await client.post("/api/v1/alarms/1/reset", json={"occurrence": 1, "sequence": 1})
        ).status_code == 409


async def test_ended_alarms_are_listed_when_asked_for(low: Wired) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        (alarm,) = (await client.get("/api/v1/alarms")).json()
        path = f"/api/v1/alarms/{alarm['id']}/acknowledge"
        await client.post(path, json={"occurrence": 1, "sequence": alarm["sequence"]})
        await low.hear(reading("tank/level", 2.0))
        assert (await client.get("/api/v1/alarms")).json() == []
        (ended,) = (await client.get("/api/v1/alarms", params={"ended": True})).json()
        assert ended["ended_at"] == "2023-11-14T22:13:20Z"


async def test_a_ticket_is_worked_off_and_every_line_names_its_user(low: Wired) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        (ticket,) = (await client.get("/api/v1/tickets")).json()
        for act in ("acknowledge", "dispatch", "arrive", "resolve", "close"):
            doing = {"act": act, "text": f"{act}: 处理中", "version": ticket["version"]}
            doing |= {"assignee": "zhang"} if act == "dispatch" else {}
            answer = await client.post("/api/v1/tickets/1/acts", json=doing)
            assert answer.status_code == 200, answer.text
            ticket = answer.json()
        assert (ticket["state"], ticket["closed_at"]) == ("closed", "2023-11-14T22:13:20Z")
        file = (await client.get("/api/v1/tickets/1")).json()
        told = [entry for entry in file["entries"] if entry["what"] != "escalated"]
        assert [(entry["who"], entry["what"]) for entry in told] == [
            ("gateway", "opened"),
            ("operator", "acknowledge"),
            ("operator", "dispatch"),
            ("operator", "arrive"),
            ("operator", "resolve"),
            ("operator", "close"),
        ]
        assert file["entries"][-1]["text"] == "close: 处理中"
        assert [alarm["rule"] for alarm in file["alarms"]] == ["tank/low-level"]
        met = {clock["kind"] for clock in file["clocks"] if clock["met_at"] is not None}
        assert met == {"answer", "arrive", "resolve", "resolve_at_most"}
        assert (await client.get("/api/v1/tickets")).json() == []
        assert len((await client.get("/api/v1/tickets", params={"closed": True})).json()) == 1


async def test_a_late_or_impossible_act_changes_nothing(low: Wired) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        path = "/api/v1/tickets/1/acts"
        before = (await client.get("/api/v1/tickets/1")).json()
        version = before["ticket"]["version"]
        for doing, told in [
            ({"act": "acknowledge", "version": version + 1}, "has changed since"),
            ({"act": "close", "version": version}, "cannot close while it is new"),
            ({"act": "note", "text": "  ", "version": version}, "an empty note"),
        ]:
            answer = await client.post(path, json=doing)
            assert answer.status_code == 409
            assert told in answer.json()["problem"]
        assert (await client.get("/api/v1/tickets/1")).json() == before


async def test_acts_that_are_no_acts_are_422(low: Wired) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        for doing in (
            {"act": "delete", "version": 1},
            {"act": "note", "text": "who saw what?"},
            {"act": "note", "text": "x" * 2_001, "version": 1},
            {"act": "note", "text": "a\x00b", "version": 1},
            {"act": "note", "text": "x", "version": -1},
            {"act": "note", "text": "x", "version": 1, "who": "admin"},
        ):
            answer = await client.post("/api/v1/tickets/1/acts", json=doing)
            assert answer.status_code == 422, doing
        bad = b'{"act": "note", "text": "\\ud800", "version": 1}'
        assert (
            await client.post(
                "/api/v1/tickets/1/acts", content=bad, headers={"content-type": "application/json"}
            )
        ).status_code == 422


async def test_what_is_not_there_is_404_and_what_cannot_be_is_422(wired: Wired) -> None:
    async with await wired.program(Role.OPERATOR) as client:
        for path, status in (
            ("tickets/999", 404),
            ("tickets/0", 422),
            ("tickets/99999999999999999999", 422),
            ("tickets/one", 422),
            ("tickets?limit=0", 422),
            ("alarms?limit=5001", 422),
            ("alarms?ended=perhaps", 422),
        ):
            assert (await client.get(f"/api/v1/{path}")).status_code == status, path


async def test_acts_on_what_is_not_there_are_404(wired: Wired) -> None:
    async with await wired.program(Role.OPERATOR) as client:
        doing = {"act": "note", "text": "x", "version": 1}
        assert (await client.post("/api/v1/tickets/9/acts", json=doing)).status_code == 404
        seen = {"occurrence": 1, "sequence": 1}
        assert (await client.post("/api/v1/alarms/9/acknowledge", json=seen)).status_code == 404
        assert (await client.post("/api/v1/alarms/9/reset", json=seen)).status_code == 404


CALL = {"reporter": "王女士", "phone": "138", "what": "厨房漏水", "where": "3-1201"}


async def test_a_call_is_taken_worked_off_and_called_back(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        said = {"call": CALL, "job": "urgent", "priority": 2}
        opened = await client.post("/api/v1/tickets", json=said)
        assert opened.status_code == 201, opened.text
        ticket = opened.json()
        assert (ticket["number"], ticket["source"], ticket["job"]) == (1, "call", "urgent")
        assert ticket["call"] == CALL | {"convenient": ""}
        for doing in (
            {"act": "acknowledge"},
            {"act": "hold", "text": "等人在家", "until": "2024-01-01T08:00:00+08:00"},
            {"act": "resume"},
            {"act": "resolve", "code": "seal"},
            {"act": "call_back", "satisfied": True},
            {"act": "close"},
        ):
            said = doing | {"version": ticket["version"]}
            answer = await client.post("/api/v1/tickets/1/acts", json=said)
            assert answer.status_code == 200, answer.text
            ticket = answer.json()
        assert (ticket["state"], ticket["satisfied"]) == ("closed", True)
        entries = (await client.get("/api/v1/tickets/1")).json()["entries"]
        assert entries[0]["doing"]["call"]["where"] == "3-1201"
        assert entries[2]["doing"]["until"] == "2024-01-01T00:00:00Z"


async def test_a_call_that_lacks_something_is_refused(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        for call, status in (
            (CALL | {"where": " "}, 409),
            (CALL | {"where": "x" * 101}, 422),
            ({"reporter": "王女士"}, 422),
        ):
            said = {"call": call, "priority": 2}
            answer = await client.post("/api/v1/tickets", json=said)
            assert answer.status_code == status, answer.text
        assert (await client.get("/api/v1/tickets")).json() == []


async def test_an_engineer_works_a_ticket_but_cannot_end_it(low: Wired) -> None:
    async with await low.browser(Role.ENGINEER) as client:
        path = "/api/v1/tickets/1/acts"
        for act in ("close", "merge", "false_alarm", "call_back"):
            answer = await client.post(path, json={"act": act, "version": 1})
            assert answer.status_code == 403
            assert "may not end_tickets" in answer.json()["problem"]
        assert (await client.post(path, json={"act": "acknowledge", "version": 1})).is_success


async def test_what_no_ledger_could_keep_is_422(low: Wired) -> None:
    async with await low.browser(Role.OPERATOR) as client:
        for doing in (
            {"act": "resolve", "code": "a\x00b"},
            {"act": "dispatch", "assignee": "x" * 65},
            {"act": "hold", "text": "x", "until": "9999-12-31T23:59:59-14:00"},
        ):
            answer = await client.post("/api/v1/tickets/1/acts", json={"version": 1, **doing})
            assert answer.status_code == 422, doing
        odd = b'{"call": {"reporter": "a", "phone": "1", "what": "b", "where": "c"}, "priority": 2,'
        for procedure in (b'"\\ud800"}', b'"a\\u0000b"}'):
            answer = await client.post(
                "/api/v1/tickets",
                content=odd + b'"procedure": ' + procedure,
                headers={"content-type": "application/json"},
            )
            assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "path",
    [
        "shifts?start=9999-12-31T00:00:00Z&end=9999-12-31T23:59:59Z",
        "shifts?start=0001-01-01T00:00:00Z&end=0001-01-02T00:00:00Z",
        "reports/week?at=0001-01-01T00:00:00Z",
        "alarms/figures?from=2026-05-01T08:00:00Z&to=9999-12-31T23:59:59-14:00",
        "audit?who=a%00b",
        "audit?act=a%00b",
        "audit?subject=a%00b",
        "audit?below=2147483648",
    ],
)
async def test_what_no_calendar_or_ledger_knows_is_422(wired: Wired, path: str) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "roster/a%00b"),
        ("PATCH", "users/a%00b"),
        ("POST", "users/a%00b/link"),
        ("DELETE", "users/a%00b/sessions"),
    ],
)
async def test_no_user_is_looked_for_by_a_name_nobody_can_have(
    wired: Wired, method: str, path: str
) -> None:
    async with await wired.browser(Role.ADMIN) as client:
        answer = await client.request(method, f"/api/v1/{path}", json={"team": "a"})
    assert answer.status_code == 422, answer.text
