"""What was so before something the gateway knows already."""

import pytest

from drivers.mqtt.lateness import Lateness
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.point import Point, PointKind
from gateway.model.reading import Delivery, Quality, Reading
from gateway.site.model import Device, MqttAddress
from tests.drivers.mqtt.estate import NAME

NOW: Micros = 1_800_000_000 * SECOND
CONTACT = Point("it/contact", PointKind.STATE, NAME, states=("closed", "open"))
ACCESS = Point("it/access", PointKind.EVENT, NAME)
ADDRESS = MqttAddress("gatehouse-json", "it")


def lateness(*last: Reading) -> Lateness:
    device = Device("it", "door", NAME, NAME, "broker", ADDRESS, (CONTACT, ACCESS))
    return Lateness([device], {reading.point: reading for reading in last})


def said(point: Point, at: Micros, delivery: Delivery | None = None) -> list[Reading]:
    return [Reading(point.id, "closed", at, NOW, delivery=delivery)]


def test_a_state_older_than_the_newest_is_stale_and_what_is_newer_good_again() -> None:
    order = lateness()
    qualities = [
        order.told(said(CONTACT, at))[0].quality
        for at in (NOW - MINUTE, NOW - 2 * MINUTE, NOW - MINUTE, NOW - SECOND)
    ]
    assert qualities == [Quality.GOOD, Quality.STALE, Quality.GOOD, Quality.GOOD]


def test_an_event_counts_whenever_it_comes() -> None:
    order = lateness()
    order.told(said(ACCESS, NOW - SECOND))
    assert order.told(said(ACCESS, NOW - MINUTE)) == said(ACCESS, NOW - MINUTE)


def test_what_the_gateway_stamped_is_never_late() -> None:
    order = lateness()
    order.told(said(CONTACT, NOW + MINUTE))  # by a clock that is fast
    assert order.told(said(CONTACT, NOW)) == said(CONTACT, NOW)
    assert order.told(said(CONTACT, NOW + SECOND))[0].quality is Quality.STALE


def test_what_the_broker_may_have_sent_before_is_no_fresher_for_that() -> None:
    order, again = lateness(), Delivery(None, again=True)
    order.told(said(CONTACT, NOW - SECOND))
    assert order.told(said(CONTACT, NOW - MINUTE, again))[0].quality is Quality.STALE
    assert order.told(said(CONTACT, NOW, again))[0].quality is Quality.GOOD


def test_what_is_worse_than_stale_stays_so() -> None:
    order = lateness()
    order.told(said(CONTACT, NOW - SECOND))
    bad = [Reading(CONTACT.id, None, NOW - MINUTE, NOW, Quality.BAD)]
    assert order.told(bad) == bad


def test_what_was_known_before_this_start_counts() -> None:
    order = lateness(Reading(CONTACT.id, "open", NOW - MINUTE, NOW - SECOND))
    assert order.told(said(CONTACT, NOW - MINUTE - 1))[0].quality is Quality.STALE
    assert order.told(said(CONTACT, NOW - SECOND))[0].quality is Quality.GOOD


@pytest.mark.parametrize(
    "last",
    [
        Reading(CONTACT.id, "open", NOW, NOW),
        Reading(CONTACT.id, None, NOW, NOW + SECOND, Quality.OFFLINE),
        Reading(CONTACT.id, "open", NOW, NOW + SECOND, Quality.STALE),
    ],
    ids=["stamped by the gateway", "silence", "retained"],
)
def test_but_not_what_the_device_s_clock_did_not_tell_or_is_in_doubt(last: Reading) -> None:
    assert lateness(last).told(said(CONTACT, NOW - SECOND))[0].quality is Quality.GOOD
