"""The Home Assistant style, word by word."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.profiles import routes
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import SECOND
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import Device, MqttAddress

NOW = 1_767_225_600 * SECOND
NAME = Text("Bicycle store", "自行车库")
DOOR = Device(
    id="bike-store",
    kind="door",
    name=NAME,
    place=NAME,
    connection="broker",
    address=MqttAddress("home-assistant", "homeassistant/binary_sensor/bikes"),
    points=(Point("bike-store/contact", PointKind.STATE, NAME, states=("closed", "open")),),
)
STATE = routes(DOOR)["homeassistant/binary_sensor/bikes/state"]
AVAILABILITY = routes(DOOR)["homeassistant/binary_sensor/bikes/availability"]


@pytest.mark.parametrize(("said", "value"), [(b"ON", "open"), (b"OFF", "closed")])
def test_on_means_open_and_off_means_closed(said: bytes, value: str) -> None:
    assert STATE(said, False, NOW) == [Reading("bike-store/contact", value, NOW, NOW)]


@given(st.text().filter(lambda said: said not in {"ON", "OFF"}))
def test_any_other_word_means_unknown(said: str) -> None:
    (reading,) = STATE(said.encode(), False, NOW)
    assert reading.value == UNKNOWN_STATE


def test_a_retained_state_is_stale_and_a_retained_offline_is_offline() -> None:
    assert [r.quality for r in STATE(b"OFF", True, NOW)] == [Quality.STALE]
    assert AVAILABILITY(b"offline", True, NOW) == [
        Reading("bike-store/contact", None, NOW, NOW, Quality.OFFLINE)
    ]


@given(st.binary(), st.booleans())
def test_no_bytes_raise_anything_but_malformed(said: bytes, retained: bool) -> None:
    for parse in (STATE, AVAILABILITY):
        try:
            parse(said, retained, NOW)
        except Malformed:
            continue


def test_a_device_that_neither_opens_nor_closes_does_not_fit() -> None:
    lamp = replace(DOOR, points=(Point("lamp/on", PointKind.STATE, NAME, states=("off", "on")),))
    with pytest.raises(BadConfig, match="home-assistant needs one"):
        routes(lamp)


def test_an_unknown_profile_names_those_there_are() -> None:
    other = replace(DOOR, address=MqttAddress("hass", "x"))
    with pytest.raises(BadConfig, match=r"gatehouse-json, .*home-assistant"):
        routes(other)
