"""Reports have a word for everything there is."""

from collections.abc import Mapping
from enum import Enum

import pytest

from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import ClockKind, FalseAlarm, Source, TicketState
from gateway.reports import words
from gateway.reports.period import Span


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Span, words.TITLES),
        (Priority, words.PRIORITIES),
        (Source, words.SOURCES),
        (TicketState, words.STATES),
        (ClockKind, words.CLOCKS),
        (FalseAlarm, words.CODES),
    ],
)
def test_every_word_stands_in_both_languages(kind: type[Enum], told: Mapping[Enum, Text]) -> None:
    assert set(told) == set(kind)
