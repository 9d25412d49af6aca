"""Every check finds what it is for."""

from dataclasses import replace

import pytest

from gateway.model.clock import SECOND
from tests.crash.access.evidence import AccessEvidence
from tests.crash.checks import CHECKS, Evidence, failures
from tests.crash.load import Said, Taken
from tests.crash.report import report
from tests.crash.stored import Alarm, Move, Row, Ticket

METER = Said("meter-0/1.0", "meter-0/value", 1.0, 1_000 * SECOND)
DOOR = Said("door-0/open", "door-0/contact", "open", 1_001 * SECOND)
ZONE = Said("zone-0/0.0", "zone-0/breach", 0.0, 1_002 * SECOND)
SAID = {said.id: said for said in (METER, DOOR, ZONE)}
ROWS = tuple(Row(said.point, said.at or 0, said.value, True) for said in SAID.values())
WELL = Evidence(
    seed=7,
    done=(),
    took_s=1.0,
    said=SAID,
    taken={id_: Taken(0, 10.0) for id_ in SAID},
    acknowledged=dict.fromkeys(SAID, 1),
    given_again=0,
    held_in=dict.fromkeys(SAID, 0),
    deaths=(),
    journal=ROWS,
    duckdb=ROWS,
    influx=ROWS,
    alarms=(Alarm("door-0/propped", ("raise",), 1), Alarm("zone-0/breach", ("raise",), 2)),
    tickets=(Ticket(1, "door-0/propped", ("opened",)), Ticket(2, "zone-0/breach", ("opened",))),
    moves=(Move(1, 1, "raise"), Move(2, 1, "raise")),
    influx_moves=(Move(1, 1, "raise"), Move(2, 1, "raise")),
    access=AccessEvidence((), (), (), (), (), (), (), {}),
)


def moved(row: Row, by: int) -> Row:
    return row._replace(taken_at=row.taken_at + by)


LATE = (moved(ROWS[0], 1), *ROWS[1:])
LATER = moved(ROWS[0], 1)
FAULTS = {
    "acknowledged by the gateway and not in the journal": replace(
        WELL, journal=ROWS[1:], duckdb=ROWS[1:], influx=ROWS[1:]
    ),
    "acknowledged by the broker and lost, not by the broker": replace(
        WELL, journal=ROWS[1:], duckdb=ROWS[1:], influx=ROWS[1:], acknowledged={}
    ),
    "in the journal and not in DuckDB": replace(WELL, duckdb=ROWS[1:]),
    "in the journal and not in InfluxDB": replace(WELL, influx=ROWS[1:]),
    "stored more than once": replace(
        WELL, journal=(*ROWS, LATER), duckdb=(*ROWS, LATER), influx=(*ROWS, LATER)
    ),
    "twice in DuckDB": replace(WELL, duckdb=(*ROWS, ROWS[0])),
    "twice in InfluxDB": replace(WELL, influx=(*ROWS, ROWS[0])),
    "in a history and not in the journal": replace(WELL, duckdb=(*ROWS, moved(ROWS[0], 1))),
    "stored at another time than told": replace(WELL, journal=LATE, duckdb=LATE, influx=LATE),
    "not exactly one alarm": replace(WELL, alarms=(*WELL.alarms, WELL.alarms[0])),
    "not raised exactly once": replace(
        WELL, alarms=(WELL.alarms[0], Alarm("zone-0/breach", ("raise", "return", "raise"), 2))
    ),
    "not exactly one ticket": replace(
        WELL, tickets=(WELL.tickets[0], Ticket(2, "zone-0/breach", ("opened", "opened")))
    ),
    "ticket numbers with gaps": replace(
        WELL, tickets=(WELL.tickets[0], Ticket(3, "zone-0/breach", ("opened",)))
    ),
    "moves of alarms not in InfluxDB exactly once": replace(
        WELL, influx_moves=(*WELL.moves, WELL.moves[0])
    ),
}


def test_all_is_well_where_everything_is_everywhere_once() -> None:
    assert failures(WELL) == {}
    assert report(WELL).endswith("all as it must be")


def test_a_message_that_was_overtaken_is_stored_and_what_silence_says_is_none() -> None:
    stale = ROWS[0]._replace(good=False)
    silence = moved(stale, SECOND)
    rows = (stale, *ROWS[1:], silence)
    assert failures(replace(WELL, journal=rows, duckdb=rows, influx=rows)) == {}


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_finds_its_fault(check: str) -> None:
    found = failures(FAULTS[check])
    assert check in found
    assert f"  {check}: 1" in report(FAULTS[check])


def test_the_broker_may_lose_only_what_it_had_no_time_to_save() -> None:
    lost = replace(
        WELL, journal=ROWS[1:], duckdb=ROWS[1:], influx=ROWS[1:], acknowledged={}, held_in={}
    )
    young = replace(lost, deaths=(10.5,))
    assert list(young.lost_by_broker) == [METER.id]
    assert failures(young) == {}
    assert "1 it had acknowledged up to 500 ms" in report(young)
    old = replace(lost, deaths=(20.0,))  # for ten seconds, but nothing made it save
    assert failures(old) == {}
    newer = {f"later {n}": Taken(0, 11.0) for n in range(20)}
    assert METER.id not in replace(old, taken={**old.taken, **newer}).lost_by_broker
    assert failures(replace(young, held_in={METER.id: 1}))  # it still had it afterwards
