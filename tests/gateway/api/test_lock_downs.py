"""All doors of an area locked down in one act: authorised once, each door a command of its own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from gateway.access.lock_down import AT_ONCE
from gateway.access_wiring import wire_access
from gateway.live import Live
from gateway.model.clock import SECOND
from gateway.model.command import Action, Command
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.security.audit_trail import Wanted
from gateway.security.roles import Role
from gateway.site.held_model import FireSettings
from gateway.site.model import AccessSettings, Confirmation, Device, HeldAddress
from tests.gateway.access.doors import device
from tests.gateway.api.conftest import PASSWORD, Wired
from tests.gateway.samples import NOON
from tests.gateway_client import eventually
from tests.waiting import until

PATH = "/api/v1/lock-downs"
DOWN = {"action": "lock-down", "reason": "looting"}
END = {"action": "end-lock-down", "reason": "over"}
AREAS = {"north": "tower-a", "south": "tower-a", "yard": "yard"}
FIRE = Device(
    *("fire", "fire", Text("Fire", "火警"), Text("Gate", "大门"), "own", HeldAddress()),
    points=(),
    fire=FireSettings(("panel/fire",), doors=("yard",)),
)
PANEL = device("panel", ("fire",))
SECOND_PERSON = {"second": {"user": "leader", "password": PASSWORD}}


class Link:
    """A fake of the broker's driver and the doors behind it: each locks, but those that `jam`."""

    name = "broker"

    def __init__(self, wired: Wired) -> None:
        self.wired = wired
        self.sent: list[Command] = []
        self.jam: set[str] = set()

    async def run(self, sink: object) -> None:
        """Never called: see gateway.model.driver.Driver."""

    async def send(self, command: Command) -> None:
        self.sent.append(command)
        if command.device not in self.jam:
            await self.says(f"{command.device}/lock", "locked")

    async def says(self, point: str, word: str) -> None:
        now = self.wired.clock()
        await self.wired.journal.append([Reading(point, word, now, now)])


def lockable(id_: str, area: str) -> Device:
    door = device(id_, ("lock",))
    held = {
        Action.LOCK_DOWN: Confirmation(f"{id_}/mode", frozenset({"locked-down"}), SECOND // 2),
        Action.END_LOCK_DOWN: Confirmation(f"{id_}/mode", frozenset({"locked"}), SECOND // 2),
    }
    return replace(door, area=area, commands={**door.commands, **held})


@pytest.fixture
async def link(wired: Wired, request: pytest.FixtureRequest) -> AsyncIterator[Link]:
    """Doors in their areas, shut and locked; a lock-down needs a second person."""
    areas = getattr(request, "param", AREAS)
    link, services = Link(wired), wired.services
    here = replace(
        services.site,
        devices=(*(lockable(*each) for each in areas.items()), replace(PANEL, kind="panel"), FIRE),
        access=AccessSettings(second_person=frozenset({Action.LOCK_DOWN})),
    )
    live = Live(here.points, wired.journal, services.feed)
    following = asyncio.create_task(live.follow(await live.start()))
    parts = await wire_access(
        here, [link], wired.journal, live, wired.ledger, wired.clock, elsewhere=False
    )
    wired.services = replace(
        services, site=here, live=live, commands=parts.commands, lock_downs=parts.lock_downs
    )
    wired.app.state.services = wired.services
    running = asyncio.create_task(parts.service.run())
    await parts.service.passed(0)
    for door in areas:
        await link.says(f"{door}/contact", "closed")
        await link.says(f"{door}/lock", "locked")
    yield link
    for task in (running, following):
        task.cancel()
    await asyncio.wait([running, following])


async def audited(wired: Wired) -> list[tuple[str, str, str, str]]:
    """Who did what to what, and what came of it."""
    trail = wired.services.audit.oldest(Wanted())
    told = [(e.who, e.act, e.subject, e.after) async for e in trail]
    return [line for line in told if line[0] == "operator" and "down" in line[1] + line[2]]


async def test_one_act_and_a_command_to_each_door_are_on_record(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        answer = await client.post(PATH, json={**DOWN, **SECOND_PERSON, "area": "tower-a"})
        assert [(each["device"], each["result"]) for each in answer.json()] == [
            ("north", "confirmed"),
            ("south", "confirmed"),
        ]
        told = await audited(wired)
        by = "2 doors (agreed by leader)"
        assert told[0] == ("operator", "lock-down of all doors", "area tower-a", by)
        assert sorted(told[1:]) == [
            ("operator", "command asked", "north lock-down", ""),
            ("operator", "command asked", "south lock-down", ""),
            ("operator", "command confirmed", "north lock-down", "confirmed: shown"),
            ("operator", "command confirmed", "south lock-down", "confirmed: shown"),
        ]
        kept = (await client.get("/api/v1/commands")).json()
        downs = [each for each in kept if each["action"] == "lock-down"]
        assert len({each["id"] for each in downs}) == 2
        assert {each["second"] for each in downs} == {"leader"}
    await until(lambda: {c.device for c in link.sent} == {"north", "south"})
    assert {command.action for command in link.sent} == {Action.LOCK}
    assert all(c.expires_at - c.asked_at <= 10 * SECOND for c in link.sent)


async def test_a_door_that_does_not_show_that_it_is_shut_is_named(wired: Wired, link: Link) -> None:
    link.jam = {"south"}
    await link.says("south/lock", "unlocked")
    await link.says("north/contact", "open")
    async with await wired.browser(Role.OPERATOR) as client:
        assert (await client.get(PATH)).json() == []
        await client.post(PATH, json={**DOWN, **SECOND_PERSON})
        await until(lambda: len(link.sent) == 3)
        not_shut = {each["device"]: each["not_shut"] for each in (await client.get(PATH)).json()}
        assert not_shut == {"north": {"contact": "open"}, "south": {"lock": "unlocked"}, "yard": {}}
        doubt = Reading("yard/contact", "closed", NOON, NOON, Quality.STALE)
        await wired.journal.append([doubt])
        await until(lambda: wired.services.live.latest["yard/contact"].quality is Quality.STALE)
        told = {each["device"]: each["not_shut"] for each in (await client.get(PATH)).json()}
        assert told["yard"] == {"contact": "unknown"}
        await eventually(client, "/api/v1/commands", lambda kept: all(c["result"] for c in kept))


async def test_it_is_ended_for_the_doors_that_are_locked_down(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        nothing = await client.post(PATH, json=END)
        assert (nothing.status_code, nothing.json()["code"]) == (409, "no-doors")
        await client.post(PATH, json={**DOWN, **SECOND_PERSON, "area": "yard"})
        ended = (await client.post(PATH, json=END)).json()
        assert [(each["device"], each["result"]) for each in ended] == [("yard", "confirmed")]
        assert (await client.get(PATH)).json() == []


async def test_it_is_ended_in_a_fire_too_for_what_would_be_locked_down_after_it(
    wired: Wired, link: Link
) -> None:
    async with await wired.browser(Role.OPERATOR) as client:
        await client.post(PATH, json={**DOWN, **SECOND_PERSON, "area": "yard"})
        await link.says("panel/fire", "alarm")
        await until(lambda: wired.services.live.latest["yard/mode"].value == "locked-open")
        assert [each["device"] for each in (await client.get(PATH)).json()] == ["yard"]
        ended = (await client.post(PATH, json=END)).json()
        assert [(each["device"], each["result"]) for each in ended] == [("yard", "unknown")]
        assert (await client.get(PATH)).json() == []
        await link.says("panel/fire", "normal")
        await until(lambda: wired.services.live.latest["yard/mode"].value == "locked")


async def test_doors_that_cannot_be_put_on_record_are_not_asked_and_named(
    wired: Wired, link: Link
) -> None:
    away = sa.text("ALTER TABLE command RENAME TO taken_away")
    await wired.ledger.transact(lambda db: db.execute(away))
    async with await wired.browser(Role.OPERATOR) as client:
        answer = (await client.post(PATH, json={**DOWN, **SECOND_PERSON})).json()
        assert [(each["device"], each["result"], each["code"]) for each in answer] == [
            (door, "failed", "unreachable") for door in AREAS
        ]
        assert (await client.get(PATH)).json() == []
        assert [act for _, act, *_ in await audited(wired)] == ["lock-down of all doors"]
    assert link.sent == []


async def test_who_may_not_or_does_not_prove_it_moves_no_door(wired: Wired, link: Link) -> None:
    async with await wired.browser(Role.ENGINEER) as client:
        assert (await client.post(PATH, json=DOWN)).status_code == 403
    async with await wired.browser(Role.OPERATOR) as client:
        for order, code in (
            (DOWN, "second-person-missing"),
            ({**DOWN, "reason": " "}, "no-reason"),
            ({"action": DOWN["action"]}, "no-reason"),
            (
                {**DOWN, "second": {"user": "leader", "password": "guess"}},
                "wrong-second-password",
            ),
        ):
            answer = await client.post(PATH, json=order)
            assert (answer.status_code, answer.json()["code"]) == (409, code)
        missing = await client.post(PATH, json={**DOWN, "area": "tower-z"})
        assert missing.status_code == 404
        assert (await client.post(PATH, json={**DOWN, "action": "open"})).status_code == 422
        assert [after for *_, after in await audited(wired)] == [
            "second-person-missing",
            "no-reason",
            "no-reason",
            "wrong-second-password",
        ]
        assert (await client.get("/api/v1/commands")).json() == []
    assert link.sent == []


@pytest.mark.parametrize("link", [dict.fromkeys(map("d{}".format, range(300)))], indirect=True)
async def test_of_many_doors_none_grows_old_in_the_queue(wired: Wired, link: Link) -> None:
    assert AT_ONCE < 300
    async with await wired.browser(Role.OPERATOR) as client:
        answer = (await client.post(PATH, json={**DOWN, **SECOND_PERSON}, timeout=60)).json()
        assert {each["result"] for each in answer} == {"confirmed"}
        await until(lambda: len(link.sent) == 300)
