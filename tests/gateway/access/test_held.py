"""Orders for what the gateway itself holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.access.held import HeldStates, lines_to_bypass
from gateway.errors import Refused
from gateway.journal.journal import Journal
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, SECOND
from gateway.model.command import Action, Command
from gateway.site.held_model import ZoneLine, ZoneSettings
from tests.gateway.access.doors import device
from tests.gateway.samples import NOON, site


def command(action: Action, **parameters: object) -> Command:
    who = Actor("li", "leader", "desk-1")
    return Command("c1", "wall", action, who, "rain", NOON, NOON + 10 * SECOND, parameters)


def held(journal: Journal) -> HeldStates:
    return HeldStates(journal, lambda: NOON, {"wall": {"north", "north/line"}})


async def test_an_order_is_an_event_of_its_device(journal: Journal) -> None:
    await held(journal).send(command(Action.BYPASS, until=NOON + HOUR, lines=["north"]))
    (reading,) = await anext(journal.follow(0))
    assert reading.point == "wall/order"
    assert reading.value == {
        "action": "bypass",
        "id": "c1",
        "lines": ["north"],
        "reason": "rain",
        "until": NOON + HOUR,
        "who": "li",
    }


@pytest.mark.parametrize("action", [Action.BYPASS, Action.WALK_TEST])
@pytest.mark.parametrize("until", [None, NOON, "2099-01-01", True])
async def test_what_must_have_an_end_is_refused_without(
    journal: Journal, action: Action, until: object
) -> None:
    with pytest.raises(Refused, match="must have an end that is still to come"):
        await held(journal).send(command(action, until=until))
    assert journal.last_seq < NOON + 1


async def test_a_bypass_of_a_line_that_cannot_be_is_refused_and_says_which_can(
    journal: Journal,
) -> None:
    asked = command(Action.BYPASS, until=NOON + HOUR, lines=["north", "panic"])
    with pytest.raises(Refused, match=r"no line panic that may be .* name of: north, north/line"):
        await held(journal).send(asked)
    assert journal.last_seq < NOON + 1


def test_lines_are_named_by_point_or_device_and_those_always_watched_are_not_bypassed(
    tmp_path: Path,
) -> None:
    lines = (ZoneLine("fence/line"), ZoneLine("desk/panic", always=True))
    wall = replace(device("wall"), zone=ZoneSettings(lines))
    known = lines_to_bypass(replace(site(tmp_path), devices=(wall, device("fence"))))
    assert known == {"wall": {"fence", "fence/line"}}
