"""When the people at the desk are told that alarms may be missing."""

from dataclasses import replace

import pytest

from gateway.health import DriverHealth, FollowerHealth, Health, JournalHealth
from gateway.journal.gauges import CommitTimes
from tests.gateway.samples import NOON

WELL = Health(
    started_at=NOON,
    journal=JournalHealth(7, 7, 4096, None, CommitTimes(), None),
    faults=(),
    drivers=(DriverHealth("broker", None, NOON, 0),),
    followers=(FollowerHealth("alarms", 0, None), FollowerHealth("influxdb", 0, None)),
    dead_letter_counts={},
    dead_letters=(),
)


@pytest.mark.parametrize(
    "health",
    [
        replace(WELL, journal=replace(WELL.journal, fault="disk full")),
        replace(WELL, drivers=(DriverHealth("broker", "refused", NOON, 1),)),
        replace(WELL, followers=(FollowerHealth("alarms", 9, "ledger: away"),)),
    ],
    ids=["journal", "driver", "alarm service"],
)
def test_without_journal_driver_or_alarm_service_alarms_may_be_missing(health: Health) -> None:
    assert health.alarms_at_risk


def test_a_history_or_a_backup_that_waits_takes_no_alarm_away() -> None:
    away = (WELL.followers[0], FollowerHealth("influxdb", 9, "away"))
    waiting = replace(WELL, followers=away, faults=("influxdb: away", "backup: no room"))
    assert not waiting.alarms_at_risk
