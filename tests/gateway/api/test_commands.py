"""Commands over the API: authorised, proved by passwords where asked, on record."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway.access_wiring import wire_access
from gateway.model.clock import MINUTE
from gateway.model.command import Action, Command
from gateway.model.reading import Reading
from gateway.security.roles import Role
from gateway.site.model import AccessSettings, Confirmation, Device
from tests.gateway.api.conftest import PASSWORD, Wired
from tests.gateway.samples import NOON

OPEN = {"action": "open", "reason": "courier"}
SECURED = {"action": "unlock", "reason": "office hours"}
DOOR = "/api/v1/devices/door/commands"


class Link:
    """A fake of the broker's driver and the door behind it, which opens when it is told to."""

    name = "broker"

    def __init__(self, wired: Wired) -> None:
        self.wired = wired
        self.sent: list[Command] = []
        self.obeys = True

    async def run(self, sink: object) -> None:
        """Never called: see gateway.model.driver.Driver."""

    async def send(self, command: Command) -> None:
        self.sent.append(command)
        if self.obeys:
            await self.wired.journal.append([Reading("door/contact", "open", NOON, NOON)])


@pytest.fixture
async def link(wired: Wired) -> AsyncIterator[Link]:
    """A door that can be opened; unlocking it asks for more."""
    link = Link(wired)
    opens = Confirmation("door/contact", frozenset({"open"}), 200_000)
    offered = {Action.OPEN: opens, Action.UNLOCK: opens, Action.LOCK_OPEN: opens}

    def commandable(device: Device) -> Device:
        return replace(device, commands=offered) if device.id == "door" else device

    services = wired.services
    here = replace(
        services.site,
        devices=tuple(map(commandable, services.site.devices)),
        access=AccessSettings(frozenset({Action.UNLOCK}), frozenset({Action.LOCK_OPEN})),
    )
    parts = await wire_access(
        here,
        [link],
        wired.journal,
        services.live,
        wired.ledger,
        wired.clock,
        elsewhere=False,
    )
    wired.services = replace(services, site=here, commands=parts.commands)
    wired.app.state.services = wired.services
    running = asyncio.create_task(parts.service.run())
    await parts.service.passed(0)
    yield link
    running.cancel()
    await asyncio.wait([running])


async def refused(client: httpx.AsyncClient, order: dict[str, Any]) -> tuple[int, str | None]:
    answer = await client.post(DOOR, json=order)
    return answer.status_code, answer.json().get("code")


async def test_a_door_is_opened_and_a_reading_confirms_it(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        answer = await client.post(DOOR, json=OPEN)
        assert (answer.status_code, answer.json()) == (
            200,
            {"result": "confirmed", "code": "shown", "detail": {}},
        )
        (sent,) = link.sent
        assert (sent.asked_by.user, sent.reason) == ("operator", "courier")
        (kept,) = (await client.get("/api/v1/commands", params={"device": "door"})).json()
        assert (kept["id"], kept["who"], kept["result"]) == (sent.id, "operator", "confirmed")
        assert (await client.get("/api/v1/commands", params={"device": "tank"})).json() == []


async def test_what_a_command_is_told_beside_reaches_the_device(wired: Wired, link: Link) -> None:
    async with await wired.program(Role.OPERATOR) as client:
        order = {**OPEN, "until": "2023-11-15T06:14:20+08:00", "lines": ["north"]}
        assert (await client.post(DOOR, json=order)).status_code == 200
    assert link.sent[0].parameters == {"until": NOON + MINUTE, "lines": ["north"]}


async def test_what_the_door_does_not_show_is_unknown(wired: Wired, link: Link) -> None:
    link.obeys = False
    async with await wired.program(Role.OPERATOR) as client:
        answer = (await client.post(DOOR, json=OPEN)).json()
        assert (answer["result"], answer["code"]) == ("unknown", "not-shown")
        assert answer["detail"] == {"point": "door/contact", "said": "nothing"}


async def test_a_device_says_what_can_be_asked_of_it(wired: Wired, link: Link) -> None:
    async with await wired.program(Role.TESTER) as client:
        offered = (await client.get("/api/v1/devices/door")).json()["commands"]
        told = [(o["action"], o["right"], o["second_factor"], o["second_person"]) for o in offered]
        assert told == [
            ("open", "command", False, False),
            ("unlock", "secure", True, False),
            ("lock-open", "secure", False, True),
        ]
        assert (await client.get("/api/v1/devices/tank")).json()["commands"] == []


async def test_what_is_refused_is_a_conflict_with_its_code(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        assert await refused(client, {"action": "arm", "reason": "x"}) == (409, "unknown-action")
        assert await refused(client, {"action": "open", "reason": " "}) == (409, "no-reason")
        assert await refused(client, {"action": "open"}) == (409, "no-reason")
        assert await refused(client, SECURED) == (409, "second-factor-missing")
        assert link.sent == []
        codes = [kept["code"] for kept in (await client.get("/api/v1/commands")).json()]
        assert sorted(codes) == [
            "no-reason",
            "no-reason",
            "second-factor-missing",
            "unknown-action",
        ]


async def test_who_may_not_command_is_turned_away_and_on_record(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.TESTER) as client:
        assert (await client.post(DOOR, json=OPEN)).status_code == 403
        (kept,) = (await client.get("/api/v1/commands")).json()
        assert (kept["who"], kept["code"]) == ("tester", "not-allowed")
    async with await wired.browser(Role.ENGINEER) as client:
        assert (await client.post(DOOR, json=SECURED)).status_code == 403
    assert link.sent == []


async def test_ones_own_password_is_asked_for_once_more(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        wrong = {**SECURED, "password": "guess"}
        assert await refused(client, wrong) == (409, "wrong-password")
        assert link.sent == []
        right = await client.post(DOOR, json={**SECURED, "password": PASSWORD})
        assert right.json()["result"] == "confirmed"


async def test_a_second_person_agrees_with_their_own_password(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        for user, password, code in (
            (None, None, "second-person-missing"),
            ("operator", PASSWORD, "second-person-missing"),
            ("leader", "guess", "wrong-second-password"),
            ("no such user", PASSWORD, "wrong-second-password"),
            ("engineer", PASSWORD, "second-person-not-allowed"),
        ):
            second = None if user is None else {"user": user, "password": password}
            order = {"action": "lock-open", "reason": "removal", "second": second}
            assert await refused(client, order) == (409, code)
        assert link.sent == []
        second = {"user": "leader", "password": PASSWORD}
        order = {"action": "lock-open", "reason": "removal", "second": second}
        assert (await client.post(DOOR, json=order)).json()["result"] == "confirmed"
        assert (await client.get("/api/v1/commands")).json()[0]["second"] == "leader"


async def test_guessing_passwords_is_slowed_down_as_for_signing_in(
    wired: Wired, link: Link
) -> None:
    wrong = {**SECURED, "password": "guess"}
    async with await wired.browser(Role.OPERATOR) as client:
        for _ in range(5):
            assert await refused(client, wrong) == (409, "wrong-password")
        answer = await client.post(DOOR, json={**SECURED, "password": PASSWORD})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/api/v1/commands")).json()[0]["code"] == "too-many-attempts"
    assert link.sent == []


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"action": "explode", "reason": "x"},
        {"action": "open", "reason": "x", "force": True},
        {"action": "open", "reason": "x\0"},
        {"action": "bypass", "reason": "x", "until": 1_700_000_000},
        {"action": "bypass", "reason": "x", "lines": "north"},
        {"action": "bypass", "reason": "x", "lines": ["n"] * 101},
        {"action": "open", "reason": "x", "password": "y" * 5_000},
    ],
)
async def test_a_form_that_is_no_order_is_told(
    wired: Wired, link: Link, order: dict[str, object]
) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        assert (await client.post(DOOR, json=order)).status_code == 422
        assert (await client.post("/api/v1/devices/gate/commands", json=OPEN)).status_code == 404
    assert link.sent == []
