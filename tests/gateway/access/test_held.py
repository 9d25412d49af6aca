"""Orders for what the gateway itself holds."""

import pytest

from gateway.access.held import HeldStates
from gateway.errors import Refused
from gateway.journal.journal import Journal
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, SECOND
from gateway.model.command import Action, Command
from tests.gateway.samples import NOON


def command(action: Action, **parameters: object) -> Command:
    who = Actor("li", "leader", "desk-1")
    return Command("c1", "wall", action, who, "rain", NOON, NOON + 10 * SECOND, parameters)


async def test_an_order_is_an_event_of_its_device(journal: Journal) -> None:
    held = HeldStates(journal, lambda: NOON)
    await held.send(command(Action.BYPASS, until=NOON + HOUR, lines=["north"]))
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
        await HeldStates(journal, lambda: NOON).send(command(action, until=until))
    assert journal.last_seq < NOON + 1
