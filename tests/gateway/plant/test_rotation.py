"""Who leads next, over nights in which the wall clock is put forward and back."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from gateway.model.clock import DAY, MINUTE, from_datetime
from gateway.model.wall_clock import shown_at
from gateway.plant.group_state import GroupState
from gateway.plant.rotation import rotated
from gateway.site.plant_model import GroupSettings, Rotation

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "at"),
    [
        (datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (datetime(2027, 10, 30, 22, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
    ids=["forward over it", "back over it"],
)
def test_the_lead_changes_once_in_a_night_whose_half_past_two_never_or_twice_comes(
    day: datetime, at: datetime
) -> None:
    settings = GroupSettings(
        ("p1", "p2"), "pit/level", 1.5, 0.5, rotation=Rotation.DAILY, rotate_at=time(2, 30)
    )
    begin = from_datetime(day)
    state = rotated(GroupState(order=settings.pumps), settings, BERLIN, begin)
    changes, lead = [], state.order[0]
    for now in range(begin, begin + DAY, 10 * MINUTE):
        state = rotated(state, settings, BERLIN, now)
        if state.order[0] != lead:
            changes.append(now)
            lead = state.order[0]
    assert changes == [from_datetime(at)]
    assert state.rotate_at is not None
    assert shown_at(state.rotate_at, BERLIN).time() == time(2, 30)
