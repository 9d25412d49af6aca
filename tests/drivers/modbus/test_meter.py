"""What is counted of a line, with time as an argument."""

import pytest
from pymodbus.pdu import ExceptionResponse
from pymodbus.pdu.register_message import ReadInputRegistersRequest

from drivers.modbus.meter import LastMinute, LineMeter, UnitMeter
from gateway.model.clock import MILLISECOND, MINUTE, SECOND
from gateway.model.line_figures import UnitState


def test_the_last_minute_forgets_what_is_older() -> None:
    lengths = LastMinute()
    for second in range(120):
        lengths.add(10 * MILLISECOND, second * SECOND)
    lengths.add(30 * MILLISECOND, 120 * SECOND)
    mean, longest = lengths.mean_and_longest_ms(120 * SECOND) or (0.0, 0.0)
    assert longest == 30
    assert mean == pytest.approx(10.3, abs=0.1)
    assert 600 <= lengths.total(120 * SECOND) // MILLISECOND <= 700
    assert lengths.mean_and_longest_ms(120 * SECOND + 2 * MINUTE) is None
    assert lengths.total(120 * SECOND + 2 * MINUTE) == 0


def test_a_unit_is_unasked_then_answering_then_silent_each_since_then() -> None:
    unit = UnitMeter()
    assert unit.figures(1, (), None, 0).state is UnitState.UNASKED
    unit.answers(5 * MILLISECOND, 1 * SECOND)
    unit.answers(5 * MILLISECOND, 2 * SECOND)
    assert (unit.state, unit.since) == (UnitState.ANSWERING, SECOND)
    unit.falls_silent(3 * SECOND)
    unit.fails("no-answer", "no answer within 500 ms", 3 * SECOND)
    unit.falls_silent(4 * SECOND)
    unit.fails("no-answer", "no answer within 500 ms", 4 * SECOND)
    figures = unit.figures(7, ("m7",), 9 * SECOND, 5 * SECOND)
    assert (figures.state, figures.since, figures.due) == (UnitState.SILENT, 3 * SECOND, 9 * SECOND)
    assert figures.errors == {"no-answer": 2}
    assert (figures.last_error, figures.last_error_at) == ("no answer within 500 ms", 4 * SECOND)
    assert (figures.answered, figures.round_trip_ms) == (2, 5)


def test_what_a_unit_refused_is_told_with_where_it_was_asked() -> None:
    meter = LineMeter()
    request = ReadInputRegistersRequest(address=120, count=2, dev_id=1)
    meter.answered(request, ExceptionResponse(4, 2, device_id=1), MILLISECOND, SECOND)
    figures = meter.units[1].figures(1, (), None, SECOND)
    assert figures.last_error == "exception 2 (illegal address): function 4, address 120"
    assert (figures.errors, figures.state) == ({"exception-2": 1}, UnitState.ANSWERING)
