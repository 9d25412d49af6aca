"""Passes, and vehicles that come and go, over the API."""

from gateway.access.vehicles import keep
from gateway.model.reading import Delivery, Reading
from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import NOON

MONTHLY = {
    "plate": "京A·12345",
    "kind": "monthly",
    "holder": "Flat 3-201",
    "valid_to": "2099-12-31",
}
WHOLE_CENTURY = {"from": "2000-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z"}


async def came(wired: Wired, what: str, number: int, **facts: object) -> None:
    reading = Reading(f"gate/{what}", facts, NOON, NOON, delivery=Delivery(number, again=False))
    await wired.ledger.transact(lambda db: keep({"gate"}, db, [reading]))


async def test_a_pass_is_added_listed_and_ended(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        added = await client.post("/api/v1/passes", json=MONTHLY)
        assert added.status_code == 201
        assert added.json()["plate"] == "京A12345"
        assert added.json()["valid_until"] == "2099-12-31T16:00:00Z"
        assert (await client.get("/api/v1/passes")).json() == [added.json()]
        end = f"/api/v1/passes/{added.json()['id']}/end"
        assert (await client.post(end, json={"reason": "moved out"})).status_code == 200
        assert (await client.post(end, json={"reason": "again"})).status_code == 409
        assert (await client.get("/api/v1/passes")).json() == []
        ended = (await client.get("/api/v1/passes", params={"ended": True})).json()
        assert [one["id"] for one in ended] == [added.json()["id"]]


_NO_PASS = (
    {"plate": "--"},
    {"barriers": ["nowhere"]},
    {"valid_to": "2001-01-01"},
    {"valid_to": "9999-12-31"},
)


async def test_what_is_no_pass_is_refused_and_says_why(wired: Wired) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        for change in _NO_PASS:
            answer = await client.post("/api/v1/passes", json=MONTHLY | change)
            assert answer.status_code == 422, answer.text
        local = await client.post("/api/v1/passes", json=MONTHLY | {"valid_to": "2099-12-31T12:00"})
        assert local.json()["detail"] == (
            "body.valid_to.time: Value error, expected an RFC 3339 time with its offset, "
            "such as 2026-05-01T08:00:00Z"
        )
        answer = await client.post("/api/v1/passes/99/end", json={"reason": "none"})
        assert answer.status_code == 404


async def test_a_vehicle_that_came_in_is_on_site_until_somebody_says_it_left(wired: Wired) -> None:
    facts = {"result": "taken", "direction": "in", "plate": "A1", "holder": "=1+1"}
    await came(wired, "passage", 1, **facts)
    async with await wired.browser(Role.OPERATOR) as client:
        assert [one["plate"] for one in (await client.get("/api/v1/vehicles")).json()] == ["A1"]
        left = {"plate": "a 1", "reason": "exit camera was down"}
        assert (await client.post("/api/v1/vehicles/left", json=left)).json()["what"] == "left"
        assert (await client.post("/api/v1/vehicles/left", json=left)).status_code == 404
        assert (await client.get("/api/v1/vehicles")).json() == []
        records = (await client.get("/api/v1/gate-records", params={"plate": "A1"})).json()
        assert [one["what"] for one in records] == ["left", "passage"]
        table = await client.get("/api/v1/reports/vehicles.csv", params=WHOLE_CENTURY)
        assert ",gate,passage,taken,A1,in,'=1+1,," in table.text


async def test_an_opening_by_hand_gets_its_reason(wired: Wired) -> None:
    await came(wired, "manual-opening", 1, how="hand")
    async with await wired.browser(Role.OPERATOR) as client:
        (line,) = (await client.get("/api/v1/gate-records", params={"barrier": "gate"})).json()
        why = f"/api/v1/gate-records/{line['id']}/reason"
        assert (await client.post(why, json={"reason": "ambulance"})).json()["who"] == "operator"
        assert (await client.post(why, json={"reason": "again"})).status_code == 409
