"""What the site plan says beside its drawing."""

from dashboards.plan import unplaced_words
from dashboards.texts import texts_in
from gateway.model.text import Language
from tests.dashboards.samples import device

EN = texts_in(Language.EN)


def test_devices_that_are_not_drawn_are_named() -> None:
    drawn = device("pump", position=(0.5, 0.5))
    assert unplaced_words([drawn, device("door", name="Door")], EN) == "Not on the plan: Door"
    assert unplaced_words([drawn], EN) == ""


def test_of_hundreds_the_first_are_named_and_the_others_counted() -> None:
    meters = [device(f"m{n}", name=f"M{n}") for n in range(500)]
    told = unplaced_words(meters, EN)
    assert told == "Not on the plan: M0, M1, M2, M3, M4, M5, M6, M7, M8, M9, and 490 more"
