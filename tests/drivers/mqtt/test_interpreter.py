"""From messages to readings, for all of a connection's devices."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import pytest

from drivers.mqtt.interpreter import Interpreter
from drivers.mqtt.packets import Message
from drivers.mqtt.profiles import PROFILES, Profile
from drivers.mqtt.profiles.parser import Parser, Reason
from gateway.model.clock import HOUR, SECOND, Micros, to_datetime
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.site.model import Device, MqttAddress
from tests.drivers.mqtt.estate import NAME

NOW: Micros = 1_800_000_000 * SECOND


def device(id_: str, profile: str) -> Device:
    contact = Point(f"{id_}/contact", PointKind.STATE, NAME, states=("closed", "open"))
    address = MqttAddress(profile, id_)
    return Device(id_, "door", NAME, NAME, "broker", address, (contact,))


def _failing(_device: Device, topic: str) -> Mapping[str, Parser]:
    """A family with a fault of ours."""

    def parse(_payload: bytes, _retained: bool, _received_at: Micros) -> Sequence[Reading]:
        raise ZeroDivisionError

    return {topic: parse}


def test_a_message_at_which_a_family_fails_is_put_aside_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the broker would send it again for ever, and nobody on that connection be heard."""
    monkeypatch.setitem(cast(dict[str, Profile], PROFILES), "failing", Profile(_failing))
    letters: Counter[tuple[str, str]] = Counter()
    devices = [device("it", "failing"), device("other", "gatehouse-json")]
    interpreter = Interpreter(
        devices, 50, lambda: NOW, lambda source, reason, _: letters.update([(source, reason)])
    )
    bad = Message("it", b"any", False, 1, False)
    good = Message("other/state", b'{"id":"1","contact":"open"}', False, 2, False)
    taken = interpreter.understood([bad, bad, good])
    assert [reading.value for reading in taken.readings] == ["open"]
    assert taken.done == [bad, bad, good]
    assert letters == {("it", Reason.FAULT): 2}
    assert [record.getMessage() for record in caplog.records] == [
        "it: what reads it fails: ZeroDivisionError()"
    ]


def test_what_a_broker_may_have_sent_before_is_doubted_where_it_is_late_but_no_dead_letter() -> (
    None
):
    letters: Counter[str] = Counter()
    door = device("other", "gatehouse-json")
    interpreter = Interpreter(
        [door], 50, lambda: NOW, lambda _source, reason, _: letters.update([reason])
    )
    interpreter.connected(resumed=True)
    said = [
        Message("other/state", _contact(word, at), False, 1, redelivered)
        for word, at, redelivered in (
            ("open", NOW - SECOND, False),
            ("closed", NOW - HOUR, True),
            ("closed", NOW - HOUR, False),
        )
    ]
    readings = interpreter.understood(said).readings
    assert [reading.quality for reading in readings] == [Quality.GOOD, Quality.STALE, Quality.STALE]
    assert not letters


def _contact(word: str, at: Micros) -> bytes:
    return json.dumps({"id": "1", "at": to_datetime(at).isoformat(), "contact": word}).encode()
