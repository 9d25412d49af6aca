"""Retry-After, as servers say it."""

import pytest

from gateway.history.overload import LONGEST, retry_after
from gateway.model.clock import SECOND

NOON = 1_700_000_000 * SECOND  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("120", 120 * SECOND),
        (" 0 ", 0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30 * SECOND),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30 * SECOND),
        ("Tue, 14 Nov 2023 22:13:10 GMT", 0),
        ("Tue, 14 Nov 2084 22:13:10 GMT", LONGEST),
        ("99999999999999", LONGEST),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
def test_it_is_seconds_or_a_date_or_nothing(header: str | None, wait: int | None) -> None:
    assert retry_after(header, NOON) == wait
