"""The alarm system's figures by the API."""

from gateway.model.clock import SECOND, to_datetime
from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import LOW_WATER, NOON, reading


def between(start: int, end: int) -> dict[str, str]:
    """The window from so many seconds after NOON on."""
    return {
        "from": to_datetime(NOON + start * SECOND).isoformat(),
        "to": to_datetime(NOON + end * SECOND).isoformat(),
    }


async def test_figures_of_a_window(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    async with await wired.program(Role.OPERATOR) as client:
        answer = await client.get("/api/v1/alarms/figures", params=between(0, 3_600))
        found = answer.json()
        assert (found["announced"], found["per_hour"], found["unacknowledged"]) == (1, 1.0, 1)
        assert found["most_frequent"][0]["rule"] == LOW_WATER.id
        assert found["acknowledged"] == {"count": 0, "median": None, "p90": None}
        never = await client.get("/api/v1/alarms/figures", params=between(1, 0))
        assert never.status_code == 422
        assert (await client.get("/api/v1/alarms/flood")).json() == {"now": None}
    async with wired.client() as stranger:
        assert (await stranger.get("/api/v1/alarms/flood")).status_code == 401


async def test_the_time_to_acknowledge_is_in_seconds(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 0.5))
    wired.clock.now = NOON + 90 * SECOND
    async with await wired.program(Role.OPERATOR) as client:
        seen = {"occurrence": 1, "sequence": 1}
        await client.post("/api/v1/alarms/1/acknowledge", json=seen)
        found = (await client.get("/api/v1/alarms/figures", params=between(0, 3_600))).json()
        assert found["acknowledged"] == {"count": 1, "median": 90.0, "p90": 90.0}
