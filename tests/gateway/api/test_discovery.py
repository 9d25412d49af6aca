"""What devices say of themselves, over the API."""

from dataclasses import replace

from gateway.discovery import Discovery
from gateway.errors import Unreachable
from gateway.model.discovered import Found, Heard
from gateway.security.roles import Role
from gateway.site.connection_model import MqttBroker
from tests.gateway.api.conftest import Wired

DOOR = Found("cellar", "door", "estate/cellar", "devices:\n- id: cellar\n", ("a toggle",))
PATH = "/api/v1/connections/field/discovery"


def allow(wired: Wired, *heard: Heard | Unreachable) -> None:
    """Connection `field` allows discovery and `quiet` does not; each look hears the next of
    these."""
    answers = iter(heard)

    def listen(_broker: MqttBroker, _seconds: float) -> Heard:
        answer = next(answers)
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    field = MqttBroker("field", "127.0.0.1", 1883, "court", discovery=("homeassistant",))
    quiet = MqttBroker("quiet", "127.0.0.1", 1883, "court")
    services = wired.services
    site = replace(services.site, connections=(*services.site.connections, field, quiet))
    discovery = Discovery(site, listen, services.discovery._ledger, services.clock)
    wired.app.state.services = replace(services, discovery=discovery)


async def test_an_engineer_approves_of_what_was_shown_and_it_is_on_record(wired: Wired) -> None:
    refused = (("homeassistant/vacuum/x/config", "component vacuum is nothing"),)
    allow(wired, Heard((DOOR,), refused))
    async with await wired.program(Role.ENGINEER) as client:
        assert (await client.post(f"{PATH}/{DOOR.digest}/approve")).status_code == 404
        shown = (await client.get(PATH)).json()
        (door,) = shown["found"]
        assert (door["id"], door["entry"], door["left_out"]) == (
            *("cellar", DOOR.entry),
            ["a toggle"],
        )
        assert shown["refused"] == [{"topic": refused[0][0], "reason": refused[0][1]}]
        approved = await client.post(f"{PATH}/{door['digest']}/approve")
        assert approved.json()["entry"] == DOOR.entry
    async with await wired.program(Role.ADMIN) as client:
        lines = (await client.get("/api/v1/audit")).json()
        line = next(line for line in lines if line["act"] == "device approved")
        assert line["subject"] == "device cellar on field"
        assert line["after"] == f"door estate/cellar {DOOR.digest}"


async def test_what_has_changed_since_it_was_shown_is_not_approved(wired: Wired) -> None:
    other = replace(DOOR, entry="devices:\n- id: cellar\n  topic: evil/cellar\n")
    allow(wired, Heard((DOOR,), ()), Heard((other,), ()))
    async with await wired.program(Role.ENGINEER) as client:
        for _ in range(2):
            await client.get(PATH)
        late = await client.post(f"{PATH}/{DOOR.digest}/approve")
        assert (late.status_code, late.json()["problem"]) == (404, "is not what was found last")


async def test_only_where_the_site_file_allows_it_and_the_broker_answers(wired: Wired) -> None:
    allow(wired, Unreachable("field", "MQTT broker is away"))
    async with await wired.program(Role.ENGINEER) as client:
        for other in ("quiet", "other"):
            refused = await client.get(f"/api/v1/connections/{other}/discovery")
            assert (refused.status_code, refused.json()["problem"]) == (404, "allows no discovery")
        assert (await client.get(PATH)).status_code == 503
