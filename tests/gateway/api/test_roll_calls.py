"""Who is inside, over the API."""

import csv
import io
from dataclasses import replace

import pytest

from gateway.access.passback import PassbackState
from gateway.access.roll import Known, Roll, digest
from gateway.access.roll_call import RollCalls
from gateway.security.roles import Role
from tests.gateway.access.areas import where
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import NOON

PATH = "/api/v1/roll-calls/court"


def known(credential: str, holder: str, *, inside: bool = True, leaving: bool = False) -> Known:
    who = digest(credential)
    return Known(who, inside, NOON, NOON, NOON, leaving, credential, holder, "door")


@pytest.fixture
async def crowded(wired: Wired) -> Wired:
    """Two are inside, of whom one has been let out; one has left."""
    people = (
        known("04A1", "王芳", leaving=True),
        known("04A2", "=1+1"),
        known("04A3", "Li", inside=False),
    )
    calls = RollCalls(where(), {"court": PassbackState(Roll(people))}.get)
    wired.services = wired.app.state.services = replace(wired.services, roll_calls=calls)
    return wired


async def test_who_is_inside_is_listed_by_holder(crowded: Wired) -> None:
    async with await crowded.browser(Role.OPERATOR) as client:
        first, second = (await client.get(PATH)).json()
        assert first == {
            "who": digest("04A2"),
            "where": "inside",
            "holder": "=1+1",
            "credential": "04A2",
            "door": "door",
            "since": "2023-11-14T22:13:20Z",
        }
        assert (second["holder"], second["where"]) == ("王芳", "leaving")


async def test_the_list_is_a_table_for_paper(crowded: Wired) -> None:
    async with await crowded.browser(Role.OPERATOR) as client:
        answer = await client.get(f"{PATH}/people.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row["holder"] for row in rows] == ["'=1+1", "王芳"]
        assert rows[1]["where"] == "leaving"
        assert rows[0]["since"].startswith("2023-11-1")


async def test_only_areas_have_one_and_only_who_is_signed_in_sees_it(crowded: Wired) -> None:
    async with await crowded.browser(Role.OPERATOR) as client:
        assert (await client.get("/api/v1/roll-calls/door")).status_code == 404
    async with crowded.client() as client:
        assert (await client.get(PATH)).status_code == 401
