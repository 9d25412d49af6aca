"""How the duty desk works, as the site file says it."""

from gateway.model.clock import DAY, HOUR
from gateway.site.desk_model import DeskSettings
from gateway.site.desk_schema import DeskEntry


def test_a_desk_nobody_wrote_about_reopens_within_a_day() -> None:
    assert DeskEntry().settings() == DeskSettings(reopen_within=DAY)


def test_what_is_said_about_the_desk_reaches_it() -> None:
    said = DeskEntry.model_validate({"reopen_within": "72h"})
    assert said.settings() == DeskSettings(reopen_within=72 * HOUR)
