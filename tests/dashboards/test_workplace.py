"""What the desk keeps for each session."""

from dataclasses import replace

from dashboards.workplace import STILL_LOOKING, Workplace, Workplaces
from gateway.model.clock import SECOND
from gateway.model.text import Language
from gateway.security.identity import Identity, Via
from gateway.security.roles import RIGHTS, Role
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON

AMY = Identity("amy", Role.OPERATOR, RIGHTS[Role.OPERATOR], Via.SESSION, "s1", NOON + 60 * SECOND)


def test_a_session_finds_its_workplace_again_until_it_ends() -> None:
    clock = HandClock(NOON)
    workplaces = Workplaces(clock)
    mine = workplaces.of(AMY, Language.ZH)
    assert workplaces.of(AMY, Language.EN) is mine
    assert workplaces.of(replace(AMY, credential="s2"), Language.EN) is not mine
    clock.now += 61 * SECOND
    assert workplaces.of(AMY, Language.EN) is not mine


def test_every_ticket_has_its_own_draft() -> None:
    place = Workplace(Language.EN)
    place.write("to nothing")
    place.choose(1, NOON)
    place.write("one")
    place.choose(2, NOON)
    assert place.draft == ""
    place.choose(1, NOON)
    assert place.draft == "one"
    place.write("")
    assert place.drafts == {}


def test_a_person_is_busy_while_looking_or_writing() -> None:
    place = Workplace(Language.EN)
    assert not place.is_busy(NOON)
    place.ticket = 1
    assert not place.is_busy(NOON), "the page chose it by itself"
    place.choose(1, NOON)
    assert place.is_busy(NOON + STILL_LOOKING - 1)
    assert not place.is_busy(NOON + STILL_LOOKING)
    place.write("half a sen")
    assert place.is_busy(NOON + 10 * STILL_LOOKING)
