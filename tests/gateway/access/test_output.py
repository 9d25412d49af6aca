"""A lamp or a siren is on while any zone or door wants it, and what it missed it is asked again."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.access.output import AGAIN_AFTER, REASONS, Output, OutputState, outputs
from gateway.access.service import AccessService
from gateway.access.zone import held_zone
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality
from gateway.model.text import Text
from gateway.site.access_model import DoorSettings
from gateway.site.held_model import ZoneSettings
from gateway.site.model import Device, HeldAddress, Site
from tests.gateway.access.doors import device as door
from tests.gateway.access.played import Played
from tests.gateway.access.served import Served
from tests.gateway.access.zones import SETTINGS, output, zone_site
from tests.gateway.samples import site
from tests.waiting import until

ON, OFF = ("lamp", Action.SWITCH_ON), ("lamp", Action.SWITCH_OFF)


def zone(id_: str) -> Device:
    text = Text(id_, id_)
    settings = ZoneSettings(lines=(), lamps=("lamp",), sirens=("siren",))
    return Device(id_, "zone", text, text, "own", HeldAddress(), (), zone=settings)


def estate() -> Site:
    """Two zones share a lamp and a siren; a door sounds the siren, too."""
    hall = door(times=DoorSettings(sounder="siren"))
    devices = (output("lamp"), output("siren"), zone("east"), zone("west"), hall)
    return replace(site(Path(), ()), devices=devices)


def machine(id_: str) -> Output:
    return next(found for found in outputs(estate()) if found.id == id_)


class Lamp(Played):
    """What its zones say, and it itself."""

    def __init__(self) -> None:
        super().__init__(machine("lamp"))

    def zone(self, name: str, word: str = "breach", ago: int = 0) -> None:
        self.tell(f"{name}/alarm", word, taken_at=self.now - ago)

    def is_(self, word: str, quality: Quality = Quality.GOOD, ago: int = 0) -> None:
        self.tell("lamp/state", word, quality, self.now - ago)


@pytest.fixture
def guarded(journal: Journal, ledger: Ledger) -> Served:
    """The wall, its lamp and its siren."""
    here = zone_site(SETTINGS)
    wall = held_zone(here.devices[-1], here)
    assert wall is not None
    return Served(journal, ledger, wall, *outputs(here))


def test_a_lamp_that_two_zones_share_stays_on_until_neither_wants_it() -> None:
    lamp = Lamp()
    lamp.zone("east")
    lamp.zone("west")
    lamp.zone("east", "normal")
    assert OFF not in lamp.wishes
    lamp.restart()
    lamp.zone("west", "normal")
    assert lamp.wishes == [ON, ON, OFF]


def test_a_siren_is_shared_by_zones_and_doors() -> None:
    siren = Played(machine("siren"))
    siren.tell("door/alarm", "pre-alarm")
    siren.tell("east/siren", "sounding")
    siren.tell("door/alarm", "propped")
    assert [action for _, action in siren.wishes] == [Action.SWITCH_ON] * 2
    siren.tell("east/siren", "silent")
    assert siren.wishes[-1] == ("siren", Action.SWITCH_OFF)


def test_one_that_ended_while_the_gateway_was_away_goes_off_when_it_says_that_it_is_on() -> None:
    lamp = Lamp()
    lamp.zone("east")
    lamp.is_("on")
    lamp.now += HOUR
    lamp.zone("east", "normal", ago=HOUR - SECOND)  # its time was over long ago
    assert lamp.wishes == [ON], "nothing is commanded by a restart"
    assert lamp.says("switching") == "awaited"
    lamp.is_("on", Quality.STALE)
    lamp.is_("on", ago=HOUR)
    assert lamp.wishes == [ON], "what a broker remembers, or was buffered, is no news"
    lamp.is_("on")
    assert lamp.wishes == [ON, OFF]
    lamp.is_("off")
    assert lamp.says("switching") == "as-wanted"


def test_what_it_does_not_do_it_is_asked_again_at_a_measured_pace() -> None:
    lamp = Lamp()
    lamp.zone("east")
    lamp.is_("off")
    assert lamp.wishes == [ON]
    lamp.wait(AGAIN_AFTER)
    lamp.is_("off")
    lamp.is_("off")
    assert lamp.wishes == [ON, ON]
    lamp.is_("on")
    lamp.wait(AGAIN_AFTER)
    lamp.is_("off")
    assert lamp.wishes == [ON, ON], "it was on: somebody has switched it off"


def test_by_a_clock_that_was_ahead_and_is_put_right_it_is_asked_again_all_the_same() -> None:
    lamp = Lamp()
    lamp.zone("east")
    lamp.now -= DAY
    lamp.restart()
    lamp.is_("off")
    assert lamp.wishes == [ON, ON]


def test_what_people_order_is_theirs_to_decide() -> None:
    lamp = Lamp()
    lamp.zone("east")
    lamp.order(Action.SWITCH_ON, who="gateway")
    assert lamp.says("switching") == "awaited"
    lamp.order(Action.SWITCH_OFF, who="li")
    assert lamp.says("switching") == "as-wanted"
    lamp.wait(AGAIN_AFTER)
    lamp.is_("off")
    assert lamp.wishes == [ON]
    lamp.zone("west")
    assert lamp.wishes == [ON, ON], "another breach is another matter"


def test_a_breach_of_long_ago_switches_nothing_on_or_off() -> None:
    lamp = Lamp()
    lamp.zone("east", ago=HOUR)
    lamp.is_("off")
    assert (lamp.wishes, lamp.says("switching")) == ([], "as-wanted")
    lamp.zone("west", "normal")
    lamp.zone("east", "normal")
    assert lamp.wishes == [OFF]


@pytest.mark.parametrize("slow_by", [SECOND, 50 * SECOND])
def test_no_clock_that_is_slow_keeps_a_lamp_dark(slow_by: Micros) -> None:
    lamp = Lamp()
    lamp.zone("east", ago=slow_by)
    assert lamp.wishes == [ON]


@pytest.mark.parametrize(("word", "quality"), [(None, Quality.BAD), ("breach", Quality.STALE)])
def test_doubt_about_a_zone_changes_nothing(word: str | None, quality: Quality) -> None:
    lamp = Lamp()
    lamp.tell("east/alarm", word, quality)
    assert lamp.wishes == []
    lamp.zone("west")
    lamp.tell("west/alarm", word, quality)
    assert lamp.wishes == [ON]


def test_a_door_that_has_gone_silent_sounds_no_longer_than_its_time() -> None:
    siren = Played(machine("siren"))
    siren.tell("door/alarm", "pre-alarm")
    siren.tell("door/alarm", "pre-alarm", Quality.STALE)
    siren.tell("door/alarm", "propped", Quality.STALE)
    assert [action for _, action in siren.wishes] == [Action.SWITCH_ON, Action.SWITCH_OFF]


def test_people_may_switch_it_whenever_they_like() -> None:
    lamp = Lamp()
    lamp.zone("east")
    assert {lamp.refuses("lamp", action) for action in Action} == {None}
    assert {"breach", "door-open-too-long"} == REASONS


@pytest.mark.parametrize(
    ("away", "speaks_after"), [(MINUTE, SECOND), (SECOND, AGAIN_AFTER), (HOUR, HOUR)]
)
async def test_a_siren_whose_time_ran_out_while_the_gateway_was_away_goes_off_when_it_speaks(
    guarded: Served, away: Micros, speaks_after: Micros
) -> None:
    async with guarded.running():
        await guarded.tell("north/line", "alarm")
    assert sorted(guarded.orders) == [ON, ("siren", Action.SWITCH_ON)]
    guarded.now += SETTINGS.siren_time + away
    async with guarded.running() as service:
        await until(lambda: shows(service, "siren") is Action.SWITCH_OFF)
        assert len(guarded.orders) == 2, "nothing is commanded by a start"
        guarded.now += speaks_after
        await guarded.tell("lamp/state", "on")
        await guarded.tell("siren/state", "on")
    assert guarded.orders[2:] == [("siren", Action.SWITCH_OFF)]


async def test_a_break_in_just_after_a_start_sounds_though_the_modules_clock_is_slow(
    guarded: Served,
) -> None:
    async with guarded.running():
        await guarded.tell("north/line", "alarm", slow_by=50 * SECOND)
    assert sorted(guarded.orders) == [ON, ("siren", Action.SWITCH_ON)]


@pytest.mark.promise("S1")
async def test_a_break_in_that_is_found_in_the_journal_at_a_start_switches_nothing(
    guarded: Served,
) -> None:
    async with guarded.running():
        pass
    await guarded.tell("north/line", "alarm")
    guarded.now += SECOND
    async with guarded.running() as service:
        await service.followed()
        siren = service.state("siren")
        assert isinstance(siren, OutputState)
        assert siren.holders
    assert guarded.orders == []


def shows(service: AccessService, id_: str) -> Action | None:
    state = service.state(id_)
    assert isinstance(state, OutputState)
    return None if state.holders else state.awaited
