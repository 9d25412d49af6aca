"""Instants and spans as people read them."""

from zoneinfo import ZoneInfo

import pytest

from dashboards.moments import age, moment, to_next_second
from dashboards.texts import texts_in
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.text import Language
from tests.gateway.samples import NOON

EN = texts_in(Language.EN)


def test_times_are_the_sites_and_have_the_date_when_it_is_not_today() -> None:
    assert moment(NOON, NOON, ZoneInfo("Asia/Shanghai")) == "06:13:20"
    assert moment(NOON, NOON + 24 * HOUR, ZoneInfo("Asia/Shanghai")) == "2023-11-15 06:13:20"
    assert moment(NOON, NOON + 24 * HOUR, ZoneInfo("America/New_York")) == "2023-11-14 17:13:20"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (-5 * SECOND, "just now"),
        (59 * SECOND, "just now"),
        (MINUTE, "1 min ago"),
        (90 * MINUTE, "1 h 30 min ago"),
        (50 * HOUR, "2 d ago"),
    ],
)
def test_an_age_is_in_the_unit_that_matters(span: Micros, words: str) -> None:
    assert age(NOON, NOON + span, EN) == words


def test_the_clock_is_due_at_the_next_full_second() -> None:
    assert to_next_second(NOON + 250_000) == 0.75
