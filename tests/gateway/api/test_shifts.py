"""Shifts, hand-overs, the roster and keys over the API."""

import asyncio

import httpx

from gateway.model.clock import HOUR, MINUTE
from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import reading
from tests.waiting import until

# The clock stands at 06:13:20 on 15 November 2023, Shanghai: the night shift, until 07:00.
SIGNATURES = "/api/v1/handovers/1/signatures"
TO_THE_END = 40 * MINUTE


async def test_it_is_told_who_is_on_duty_by_the_plan_and_in_truth(wired: Wired) -> None:
    async with await wired.browser(Role.ENGINEER) as client:
        duty = (await client.get("/api/v1/shifts/now")).json()
        assert (duty["shift"]["id"], duty["following"]["id"]) == ("night", "morning")
        assert duty["shift"]["ends_at"] == "2023-11-14T23:00:00Z"
        assert duty["handover"]["team"] == duty["shift"]["team"]["id"]
        assert duty["people"] == []


async def test_the_plan_is_told_for_any_time(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        span = {"start": "2026-03-01T07:00:00+08:00", "end": "2026-03-02T07:00:00+08:00"}
        shifts = (await client.get("/api/v1/shifts", params=span)).json()
        assert [(shift["name"]["zh"], shift["team"]["name"]["zh"]) for shift in shifts] == [
            ("早班", "甲班"),
            ("中班", "乙班"),
            ("夜班", "丙班"),
        ]
        span["end"] = "2028-03-02T07:00:00Z"
        assert (await client.get("/api/v1/shifts", params=span)).status_code == 422


async def test_a_shift_is_handed_over_with_its_sheet(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    leaver, relief = await wired.browser(Role.OPERATOR), await wired.browser(Role.LEADER)
    async with leaver, relief:
        noted = await leaver.post("/api/v1/handovers/notes", json={"text": "lift 2 is slow"})
        assert noted.status_code == 201
        early = await sign(leaver, "leaving")
        assert (early.status_code, early.json()["problem"]) == (
            409,
            "its shift is far from its end",
        )
        wired.clock.now += TO_THE_END
        first = await sign(relief, "taking")
        assert first.json()["problem"] == "the leaving side has not signed yet"
        left = (await sign(leaver, "leaving")).json()
        assert [ticket["number"] for ticket in left["sheet"]["tickets"]] == [1]
        assert left["sheet"]["notes"][0]["text"] == "lift 2 is slow"
        assert left["sheet"]["counts"]["alarms_raised"] == 1
        both = await sign(leaver, "taking")
        assert both.json()["problem"] == "nobody signs for both sides"
        taken = (await sign(relief, "taking")).json()
        assert taken["sheet"] == left["sheet"]
        assert (taken["left_by"], taken["taken_by"]) == ("operator", "leader")
        newest, oldest = (await relief.get("/api/v1/handovers")).json()
        assert (newest["id"], oldest["id"], "sheet" in oldest) == (2, 1, False)
        assert (await relief.get("/api/v1/handovers/1")).json() == taken
        people = (await relief.get("/api/v1/shifts/now")).json()["people"]
        assert people == [{"user": "leader", "signed_in": True, "took_over": True}]


async def test_no_program_signs_a_hand_over(wired: Wired) -> None:
    wired.clock.now += TO_THE_END
    async with await wired.program(Role.OPERATOR) as program:
        answer = await sign(program, "leaving")
        assert (answer.status_code, answer.json()["remedy"]) == (403, "sign in")


async def test_a_late_hand_over_is_marked_by_the_journals_clock(wired: Wired) -> None:
    async with await wired.browser(Role.LEADER) as client:
        wired.clock.now += 10 * HOUR
        await wired.hear(reading("tank/level", 2.0, 10 * HOUR))

        await until(lambda: wired.alarms.cursor >= wired.journal.last_seq)
        async with asyncio.timeout(20):
            while await late(client) != [False, True, True]:
                await asyncio.sleep(0.01)


async def test_the_roster_is_written_by_leaders_and_managers_and_read_by_all(
    wired: Wired,
) -> None:
    async with await wired.browser(Role.LEADER) as client:
        later = {"team": "b", "since": "2023-11-21T07:00:00+08:00"}
        assert (await client.put("/api/v1/roster/operator", json={"team": "a"})).is_success
        assert (await client.put("/api/v1/roster/operator", json=later)).is_success
        assert (await client.put("/api/v1/roster/nobody", json=later)).status_code == 404
        wrong = await client.put("/api/v1/roster/operator", json={"team": "z"})
        assert wrong.status_code == 422
    async with await wired.browser(Role.ENGINEER) as client:
        roster = (await client.get("/api/v1/roster")).json()
        assert [(place["user"], place["team"]) for place in roster] == [
            ("operator", "a"),
            ("operator", "b"),
        ]


async def test_a_key_is_lent_and_taken_back(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        new = {"key": "roof", "holder": "Zhang, plumber"}
        loan = (await client.post("/api/v1/keys", json=new)).json()
        assert loan["due_at"] == "2023-11-15T16:00:00Z"
        assert (await client.post("/api/v1/keys", json=new)).status_code == 409
        sheet = (await client.get("/api/v1/handovers/1")).json()["sheet"]
        assert sheet["keys_out"] == [loan]
        back = await client.post(f"/api/v1/keys/{loan['id']}/return")
        assert back.json()["taken_back_by"] == "operator"
        assert (await client.get("/api/v1/keys")).json() == []
        assert (await client.get("/api/v1/keys", params={"returned": True})).json() == [back.json()]


async def late(client: httpx.AsyncClient) -> list[bool]:
    found = (await client.get("/api/v1/handovers")).json()
    return [handover["late_at"] is not None for handover in found]


async def sign(client: httpx.AsyncClient, side: str) -> httpx.Response:
    return await client.post(SIGNATURES, json={"side": side})
