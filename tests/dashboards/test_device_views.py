"""What the desk shows of a device."""

from dataclasses import replace

import pytest

from dashboards.device_views import BADGES, DeviceView, Mark, device_view, value_words
from dashboards.texts import texts_in
from gateway.model.alarm import Alarm
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading, Value
from gateway.model.text import Language, Text
from tests.dashboards.samples import CURRENT, RUN, ZONE, after, alarm, device
from tests.gateway.samples import NOON, reading

EN, ZH = texts_in(Language.EN), texts_in(Language.ZH)
WELL = (reading("pump/current", 11.2), reading("pump/run", "running"))


def view(
    *readings: Reading, active: Alarm | None = None, language: Language = Language.EN
) -> DeviceView:
    latest = {r.point: r for r in readings}
    texts = texts_in(language)
    return device_view(device(), latest, active, now=after(60), zone=ZONE, texts=texts)


def test_a_device_that_is_well_says_its_values_with_units() -> None:
    shown = view(*WELL)
    assert (shown.mark, shown.state, shown.trust) == (Mark.NORMAL, "normal", "Good")
    assert shown.values == "Current: 11.20 A · Run: running"
    assert (shown.label, shown.heard) == ("11.20 A", "06:13:20")
    assert view(*WELL, language=Language.ZH).values == "电流：11.20 A · 运行：运行"


def test_what_the_gateway_finds_as_it_should_be_takes_no_place_in_the_row() -> None:
    response = Point(
        "pump/response",
        PointKind.STATE,
        Text("Response", "执行情况"),
        states=("ok", "failed"),
        derived=True,
    )
    pump = replace(device(), points=(*device().points, response))

    def values(said: Value, quality: Quality = Quality.GOOD) -> str:
        latest = {r.point: r for r in (*WELL, reading("pump/response", said, quality=quality))}
        return device_view(pump, latest, None, now=after(60), zone=ZONE, texts=EN).values

    assert values("ok") == "Current: 11.20 A · Run: running"
    assert values("failed").endswith(" · Response: failed")
    assert values("unknown").endswith(" · Response: unknown")
    assert values("ok", Quality.STALE).endswith(" · Response: ok")


@pytest.mark.parametrize(
    ("quality", "mark"),
    [(Quality.STALE, Mark.STALE), (Quality.BAD, Mark.BAD), (Quality.OFFLINE, Mark.OFFLINE)],
)
def test_the_worst_point_decides_how_far_a_device_is_trusted(quality: Quality, mark: Mark) -> None:
    shown = view(WELL[0], reading("pump/run", None, quality=quality))
    assert shown.mark is mark
    assert shown.state == EN(f"mark.{mark}")
    assert shown.label == shown.state


def test_a_point_never_heard_is_not_taken_for_normal() -> None:
    assert view(WELL[0]).mark is Mark.UNHEARD
    assert view().values == "Current: — · Run: —"


def test_an_alarm_shows_before_all_and_does_not_hide_that_the_device_is_offline() -> None:
    gone = reading("pump/run", None, quality=Quality.OFFLINE)
    shown = view(WELL[0], gone, active=alarm())
    assert (shown.mark, shown.state) == (Mark.ALARM, "Breach")
    assert (shown.short_label, shown.trust) == ("alarm, offline", "Offline")


def test_silence_noted_by_the_gateway_is_not_news_from_the_device() -> None:
    noted = Reading("pump/run", None, taken_at=NOON, received_at=after(15), quality=Quality.OFFLINE)
    assert view(noted).heard == "silent since 06:13:20"


@pytest.mark.parametrize(
    ("point", "value", "words"),
    [
        (CURRENT, 3042.4, "3042 A"),
        (CURRENT, 123.45, "123.5 A"),
        (CURRENT, -0.5, "-0.50 A"),
        (Point("a/b", PointKind.NUMBER, Text("", ""), "Cel"), 21.0, "21.00 °C"),
        (Point("a/b", PointKind.NUMBER, Text("", ""), "1"), 2.0, "2"),
        (Point("a/b", PointKind.NUMBER, Text("", ""), "1"), 0.98, "0.98"),
        (Point("a/b", PointKind.NUMBER, Text("", ""), "%"), 87.0, "87 %"),
        (RUN, "running", "running"),
        (RUN, "half-way", "half-way"),
        (RUN, None, "—"),
        (Point("a/b", PointKind.TEXT, Text("", "")), "open", "open"),
        (Point("a/b", PointKind.TEXT, Text("", "")), "", "—"),
    ],
)
def test_values_are_written_as_people_read_them(point: Point, value: Value, words: str) -> None:
    assert value_words(point, reading(point.id, value), EN) == words


def test_a_text_is_the_devices_own_and_is_not_translated() -> None:
    serial = Point("a/b", PointKind.TEXT, Text("", ""))
    assert value_words(serial, reading("a/b", "open"), ZH) == "open"
    assert value_words(RUN, reading("pump/run", "running"), ZH) != "running"


def test_every_mark_but_normal_has_a_symbol_of_its_own() -> None:
    symbols = [symbol for mark, symbol in BADGES.items() if mark is not Mark.NORMAL]
    assert all(symbols)
    assert len(set(symbols)) == len(Mark) - 1
