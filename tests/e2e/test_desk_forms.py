"""What people do at the desk, with the forms of its pages, in a real browser: before a real gateway
with a door that stands open."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from gateway.model.clock import gateway_clock
from simulators.door import Door
from simulators.mqtt_devices import Fault, MqttDevice, MqttDevices
from simulators.styles import Style
from simulators.zone import Zone
from tests.e2e.browser import WAIT_MS, Seen, add_user, browser, browser_page, page_of, sign_in
from tests.gateway_process import GatewayProcess, running_gateway
from tests.servers import Broker

HOST = "127.0.0.1"
SITE = """\
  desk: {{shifts: {{sign_from: 24h}}}}
connections: {{broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}}}
devices:
  - {{id: door-1, kind: door, profile: gatehouse-json, connection: broker, topic: doors/1,
     name: {{en: Door 1, zh: 1号门}}, place: {{en: Hall, zh: 大厅}}, position: [0.5, 0.5],
     door: {{open_time: 500ms}}, rules: {{propped: {{procedure: break-in}}}}}}
"""


async def test_a_ticket_is_worked_through_its_life_with_the_forms(
    tmp_path: Path, broker: Broker
) -> None:
    async with open_door(tmp_path, broker) as gateway, browser_page(gateway) as (page, seen):
        ticket = await first_ticket(page, gateway)
        history = ticket.get_by_role("list", name="History")
        await page.keyboard.press("a")
        await expect(ticket.get_by_text("Accepted", exact=True)).to_be_visible()

        await ticket.get_by_role("button", name="Dispatch").click()
        await ticket.get_by_role("button", name="OK").click()
        await expect(ticket.get_by_text("Please fill in")).to_be_visible()
        await ticket.get_by_label("Assigned to").fill("Zhang")
        await page.keyboard.press("Enter")
        await expect(history).to_contain_text("Assigned to: Zhang")
        await press(ticket, "Arrive", "On site")

        await ticket.get_by_role("button", name="Put on hold").click()
        await expect(ticket.locator(".form :focus")).to_have_count(1)
        await page.keyboard.press("Escape")
        await ticket.get_by_role("button", name="Put on hold").click()
        await ticket.get_by_label("Reason", exact=True).fill("waits for a lock")
        await press(ticket, "OK", "On hold")
        await expect(history).to_contain_text(re.compile("On hold until: .+waits for a lock", re.S))
        await press(ticket, "Go on", "On site")

        await ticket.get_by_role("button", name="Done").first.click()
        await expect(ticket.locator(".steps .done")).to_have_count(1)
        await ticket.get_by_role("button", name="Resolve").click()
        await expect(ticket.get_by_role("alert")).to_contain_text("its alarm is still active")
        await ticket.get_by_label("Note or reason").fill("lock changed")
        await press(ticket, "Resolve", "Resolved")
        await ticket.get_by_label("Note or reason").fill("seen on camera")
        await press(ticket, "Close", "Closed")
        await expect(ticket.get_by_role("button", name="Done")).to_have_count(0)
        assert seen == Seen()


async def test_an_alarm_shelved_from_its_ticket_leaves_the_device_marked_until_that_ends(
    tmp_path: Path, broker: Broker
) -> None:
    async with open_door(tmp_path, broker) as gateway, browser_page(gateway) as (page, seen):
        ticket = await first_ticket(page, gateway)
        marker = page.locator("[id='device:door-1']")
        await expect(marker).to_have_attribute("aria-label", re.compile("Door propped open"))
        await ticket.get_by_role("button", name="Shelve").click()
        await ticket.get_by_label("Reason", exact=True).fill("moving in today")
        await ticket.get_by_role("button", name="OK").click()
        quiet = "Door 1: kept quiet: Door propped open"
        await expect(marker).to_have_attribute("aria-label", re.compile(quiet))
        await expect(ticket.get_by_role("button", name="Shelve")).to_have_count(0)

        await page.get_by_role("link", name="Quiet").click()
        row = page.get_by_role("row", name=re.compile("Door propped open"))
        await expect(row).to_contain_text("moving in today")
        await row.get_by_role("button", name="End").click()
        await expect(page.get_by_text("Nothing is kept quiet.")).to_be_visible()
        await page.get_by_role("link", name="Desk").click()
        await expect(marker).to_have_attribute("aria-label", re.compile("^Door 1: Door propped"))
        assert seen == Seen()


async def test_a_second_person_agrees_to_out_of_service_with_a_password_that_stays_nowhere(
    tmp_path: Path, broker: Broker
) -> None:
    async with open_door(tmp_path, broker) as gateway, browser() as running:
        admin, of_admin = await page_of(running, gateway)
        await admin.goto(gateway.sign_in_link)
        roles = {"erin": "engineer", "mona": "manager", "olaf": "operator"}
        passwords = {n: await add_user(admin, gateway, n, role) for n, role in roles.items()}
        page, seen = await page_of(running, gateway)
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        await sign_in(page, gateway, "erin", passwords["erin"])
        await page.get_by_role("link", name="Quiet").click()
        await ask_out_of_service(page)

        await agree(page, "mona", WRONG)
        alert, password = page.get_by_role("alert"), page.get_by_label("Their password")
        await expect(alert).to_contain_text("second person: name or password is wrong")
        await expect(password).to_have_value("")
        await expect(password).to_be_focused()
        for label, said in WORK.items():
            await expect(page.get_by_label(label, exact=True)).to_have_value(said)
        for name in ("erin", "olaf"):
            await agree(page, name, passwords[name])
            await expect(alert).to_contain_text(f"{name} cannot approve it")
            await expect(password).to_have_value("")
        await agree(page, "mona", passwords["mona"])
        row = page.get_by_role("row", name=re.compile("Door propped open"))
        await expect(row).to_contain_text(re.compile("erin . mona.*WO-7 · new closer"))
        await expect(password).to_have_count(0)
        await expect(alert).to_be_hidden()
        told = (await page.content(), await as_recorded(admin, gateway), *addresses, page.url)
        kept = await asyncio.to_thread(everything_in, tmp_path)
        for secret in (WRONG, *passwords.values()):
            assert not any(secret in text for text in told)
            assert secret.encode() not in kept
        assert (of_admin, seen) == (Seen(), Seen())


async def test_a_shift_is_handed_over_by_two_people_of_the_roster(
    tmp_path: Path, broker: Broker
) -> None:
    zone = bypassed_zone()
    async with open_door(tmp_path, broker, zone, more=ZONE) as gateway, browser() as running:
        lead, of_lead = await page_of(running, gateway)
        await lead.goto(gateway.sign_in_link)
        passwords = {name: await add_user(lead, gateway, name, "operator") for name in TWO}
        duty = await (await lead.request.get(f"{gateway.url}/api/v1/shifts/now")).json()
        teams = (duty["shift"]["team"], duty["following"]["team"])
        await lead.get_by_role("link", name="Hand-over").click()
        for name, team in zip(TWO, teams, strict=True):
            await put_on_roster(lead, name, team["name"]["en"])

        amy, of_amy = await page_of(running, gateway)
        bob, of_bob = await page_of(running, gateway)
        for page, name in ((amy, "amy"), (bob, "bob")):
            await sign_in(page, gateway, name, passwords[name])
            await page.get_by_role("link", name="Hand-over").click()
        await amy.get_by_label("Note for the next shift").fill("the lock of door 1 sticks")
        await amy.get_by_role("button", name="Add note").click()
        await amy.get_by_role("button", name="Lend a key").click()
        await amy.get_by_label("Key", exact=True).fill("pump room")
        await amy.get_by_label("Holder", exact=True).fill("Zhang")
        await amy.get_by_role("button", name="OK").click()
        for keys in ("Key register", "Keys out"):
            await expect(amy.get_by_role("region", name=keys)).to_contain_text("Zhang")

        bypassed = amy.get_by_role("region", name="Bypassed").get_by_role("row")
        await expect(bypassed.last).to_contain_text(re.compile("^North.*bypassed.*North wall"))
        zone.fault = Fault.OFFLINE
        await expect(bypassed.last).to_contain_text("unknown, last told: bypassed")

        await bob.get_by_role("button", name="Sign: we hand over").click()
        await expect(bob.get_by_role("alert")).to_contain_text("bob is not of team")
        await amy.get_by_role("button", name="Sign: we hand over").click()
        await expect(bob.get_by_text("amy has signed the sheet")).to_be_visible()
        await expect(bob.get_by_role("region", name="Notes")).to_contain_text("door 1 sticks")
        await amy.get_by_role("button", name="Sign: we take over").click()
        await expect(amy.get_by_role("alert")).to_contain_text("nobody signs for both sides")
        await bob.get_by_role("button", name="Sign: we take over").click()
        signed = bob.get_by_role("region", name="Hand-overs").get_by_role("row")
        await expect(signed.filter(has_text="amy")).to_contain_text("bob")
        assert (of_lead, of_amy, of_bob) == (Seen(), Seen(), Seen())


async def test_two_calls_become_one_ticket_that_is_closed_after_both_were_called_back(
    tmp_path: Path,
) -> None:
    with running_gateway(tmp_path, "") as gateway:
        async with browser_page(gateway) as (page, seen):
            await page.goto(gateway.sign_in_link)
            await write_down(page, OTHER_CALL)
            await write_down(page, CALL)
            ticket = page.get_by_role("region", name="Ticket", exact=True)
            for said in CALL.values():
                await expect(ticket).to_contain_text(said)

            await open_ticket(page, OTHER_CALL["What"])
            await press(ticket, "Acknowledge", "Accepted")
            await ticket.get_by_role("button", name="Merge").click()
            await ticket.get_by_label("Merged into ticket no.").fill("2")
            await press(ticket, "OK", "Merged")
            await open_ticket(page, CALL["What"])
            await press(ticket, "Acknowledge", "Accepted")
            await ticket.get_by_label("Note or reason").fill("new seal")
            await press(ticket, "Resolve", "Resolved")
            await expect(ticket.get_by_role("button", name="Close")).to_have_count(0)
            await call_back(page, ticket, OTHER_CALL["Reported by"])
            await expect(ticket.get_by_role("button", name="Close")).to_have_count(0)
            await call_back(page, ticket)
            await press(ticket, "Close", "Closed")
            assert seen == Seen()


async def write_down(page: Page, call: dict[str, str]) -> None:
    """What somebody says on the telephone, as a new ticket."""
    await page.get_by_role("button", name="New ticket").click()
    tickets = page.get_by_role("region", name="Open tickets")
    for label, said in call.items():
        await tickets.get_by_label(label, exact=True).fill(said)
    await tickets.get_by_role("button", name="OK").click()


async def open_ticket(page: Page, what: str) -> None:
    """The one in the list that says so."""
    tickets = page.get_by_role("region", name="Open tickets")
    await tickets.get_by_text(what).first.click()


async def call_back(page: Page, ticket: Locator, who: str | None = None) -> None:
    """They are satisfied. `who` is asked where several are left."""
    await ticket.get_by_role("button", name="Called back").click()
    if who is not None:
        await ticket.get_by_role("combobox", name="Who was called").click()
        await page.get_by_role("option", name=re.compile(who)).click()
    await ticket.get_by_role("combobox", name="Satisfied").click()
    await page.get_by_role("option", name="yes").click()
    await ticket.get_by_role("button", name="OK").click()


async def test_a_flood_makes_a_count_of_what_is_not_urgent_and_stands_in_the_figures_of_the_day(
    tmp_path: Path, broker: Broker
) -> None:
    clock, doors = gateway_clock(), [Door() for _ in range(MANY)]
    devices = [
        MqttDevice(f"doors/{number}", Style.GATEHOUSE_JSON, door)
        for number, door in enumerate(doors, 1)
    ]
    site = MANY_DOORS.format(port=broker.port, many=MANY)
    async with MqttDevices(HOST, broker.port, devices, clock):
        with running_gateway(tmp_path, site) as gateway:
            async with browser_page(gateway) as (page, seen):
                await page.goto(gateway.sign_in_link)
                await expect(page.get_by_text("Nothing to do")).to_be_visible()
                for door in doors:
                    door.open_at(clock())
                tickets = page.get_by_role("region", name="Open tickets")
                await expect(tickets.get_by_text("Alarm flood since")).to_contain_text(
                    f"Low {MANY - 1}", timeout=WAIT_MS
                )
                cards = tickets.get_by_role("listitem")
                await expect(cards).to_have_count(1)
                await tickets.get_by_role("button", name="All / fewer").click()
                await expect(cards).to_have_count(MANY)
                await page.get_by_role("link", name="Reports").click()
                figure = page.get_by_role("row", name=re.compile("^Alarms told"))
                await expect(figure).to_contain_text(str(MANY))
                assert seen == Seen()


MANY = 12
MANY_DOORS = """\
connections: {{broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}}}
devices:
  - template:
      {{id: "door-{{n}}", kind: door, profile: gatehouse-json, connection: broker,
       topic: "doors/{{n}}", name: {{en: "Door {{n}}", zh: "{{n}}号门"}},
       place: {{en: Hall, zh: 大厅}}, door: {{open_time: 500ms}},
     rules: {{propped: {{priority: low}}}}}}
    range: [1, {many}]
"""
CALL = {
    "Reported by": "Mrs Li",
    "Phone": "13800000000",
    "Where": "Block 3, 201",
    "What": "the tap drips",
    "When convenient": "after 18:00",
}
OTHER_CALL = {
    "Reported by": "Mr Zhao",
    "Phone": "13900000000",
    "Where": "Block 3, 101",
    "What": "water comes through the ceiling",
}
ZONE = """\
  - {id: north, kind: zone, profile: gatehouse-json, connection: broker, topic: zones/1,
     points: [bypass], name: {en: North, zh: 北}, place: {en: North wall, zh: 北围墙},
     rules: {offline: {raise_after: 1h}}}
"""
TWO = ("amy", "bob")
WORK = {"Work order": "WO-7", "Reason": "new closer"}
WRONG = "guessed by somebody"


@asynccontextmanager
async def open_door(
    folder: Path, broker: Broker, *beside: MqttDevice, more: str = ""
) -> AsyncIterator[GatewayProcess]:
    """A gateway, and a door that stands open for good. `more`: what the site file says of those
    `beside`."""
    clock, door = gateway_clock(), Door()
    door.open_at(clock())
    device = MqttDevice("doors/1", Style.GATEHOUSE_JSON, door)
    async with MqttDevices(HOST, broker.port, [device, *beside], clock):
        with running_gateway(folder, SITE.format(port=broker.port) + more) as gateway:
            yield gateway


def bypassed_zone() -> MqttDevice:
    """From now on."""
    zone = Zone(tells_bypass=True)
    zone.bypass_at(gateway_clock()())
    return MqttDevice("zones/1", Style.GATEHOUSE_JSON, zone)


async def first_ticket(page: Page, gateway: GatewayProcess) -> Locator:
    """Sign in, and wait for the door's ticket."""
    await page.goto(gateway.sign_in_link)
    ticket = page.get_by_role("region", name="Ticket", exact=True)
    await expect(ticket.get_by_role("heading", name="Door propped open")).to_be_visible(
        timeout=WAIT_MS
    )
    return ticket


async def press(ticket: Locator, button: str, state: str) -> None:
    """Press it, and see where that leads."""
    await ticket.get_by_role("button", name=button, exact=button != "Acknowledge").click()
    await expect(ticket.get_by_text(state, exact=True).first).to_be_visible()


async def put_on_roster(page: Page, user: str, team: str) -> None:
    """With the form of the page."""
    await page.get_by_role("button", name="Change the roster").click()
    for label, choice in (("Person", user), ("Team", team)):
        await page.get_by_role("combobox", name=label).click()
        await page.get_by_role("option", name=choice, exact=True).click()
    await page.get_by_role("button", name="OK").click()
    roster = page.get_by_role("region", name=re.compile("Roster"))
    await expect(roster.get_by_role("row").filter(has_text=user)).to_contain_text(team)


async def ask_out_of_service(page: Page) -> None:
    """Everything but who agrees."""
    await page.get_by_role("button", name="Out of service").click()
    await page.get_by_role("combobox", name="Alarm").click()
    await page.get_by_role("option", name=re.compile("Door propped open")).click()
    for label, said in WORK.items():
        await page.get_by_label(label, exact=True).fill(said)


async def agree(page: Page, name: str, password: str) -> None:
    """As people do: Enter after the password, and once more for certain."""
    await page.get_by_label("Approved by").fill(name)
    await page.get_by_label("Their password").fill(password)
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")


def everything_in(folder: Path) -> bytes:
    """The gateway's log and stores."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def as_recorded(page: Page, gateway: GatewayProcess) -> str:
    """The audit record, and every ticket with its history."""
    told = [f"{gateway.url}/api/v1/{what}" for what in ("audit", "tickets/1", "suppressions")]
    return "".join([await (await page.request.get(each)).text() for each in told])
