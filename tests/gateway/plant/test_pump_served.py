"""A pump in the access service itself, on a journal and a ledger that outlive it."""

import pytest

from gateway.access.held import ORDER_POINT
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.model.reading import Reading
from gateway.plant.pump import Pump
from gateway.site.plant_model import PumpSettings
from tests.gateway.access.served import Served
from tests.gateway.plant.pumps import STOP, device, estate, pump_device


def served(journal: Journal, ledger: Ledger) -> Served:
    settings = PumpSettings(draws_from="pit", low_level=0.4)
    site = estate(device("pit", "tank", ("level",)), pump_device(("run", "fault"), settings))
    return Served(journal, ledger, Pump(site.devices[-1], site))


@pytest.mark.promise("S12")
async def test_a_timed_run_that_ended_while_the_gateway_was_away_is_stopped_when_it_is_heard(
    journal: Journal, ledger: Ledger
) -> None:
    pump = served(journal, ledger)
    async with pump.running():
        order = {"action": "start", "who": "li", "until": pump.now + 10 * MINUTE}
        point = f"p1/{ORDER_POINT}"
        await journal.append([Reading(point, order, pump.now, pump.now)])
        await pump.tell("p1/run", "running")
    pump.now += HOUR
    async with pump.running():
        assert pump.orders == [], "nothing is commanded by a start"
        await pump.tell("p1/run", "running")
    assert pump.orders == [STOP]


async def test_after_a_kill_what_is_read_again_asks_for_nothing(
    journal: Journal, ledger: Ledger
) -> None:
    pump = served(journal, ledger)
    async with pump.running(killed=True):
        order = {"action": "start", "who": "li", "until": pump.now + SECOND}
        await journal.append([Reading(f"p1/{ORDER_POINT}", order, pump.now, pump.now)])
        pump.now += MINUTE
        await pump.tell("p1/run", "running")
    assert pump.orders == [STOP]
    async with pump.running():
        assert pump.orders == [STOP]


@pytest.mark.promise("S11")
async def test_a_level_from_before_a_restart_starts_no_pump(
    journal: Journal, ledger: Ledger
) -> None:
    pump = served(journal, ledger)
    async with pump.running() as service:
        await pump.tell("p1/fault", "ok")
        await pump.tell("pit/level", 2.0)
        await pump.settled(service)
        assert service.refusal("p1", Action.START) is None
    pump.now += HOUR
    async with pump.running() as service:
        await pump.tell("p1/fault", "ok")
        await pump.settled(service)
        assert service.refusal("p1", Action.START) == "source-unknown"
        assert service.refusal("p1", Action.STOP) is None
