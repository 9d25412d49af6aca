"""Markers and labels of the site plan."""

from itertools import combinations
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from dashboards.device_views import device_view
from dashboards.plan_drawing import Labels, draw_overlay, place_labels
from dashboards.texts import texts_in
from gateway.model.text import Language
from gateway.site.model import Device
from tests.dashboards.samples import ZONE, alarm, device
from tests.gateway.samples import NOON

EN = texts_in(Language.EN)
positions = st.tuples(st.floats(0, 1), st.floats(0, 1))
crowds = st.lists(st.tuples(positions, st.text("aW门", min_size=1, max_size=30)), max_size=30)


def crowd(places: list[tuple[tuple[float, float], str]]) -> list[Device]:
    return [
        device(f"d{index}", name=name, position=position)
        for index, (position, name) in enumerate(places)
    ]


def drawn(devices: list[Device], labels: Labels) -> str:
    views = {d.id: device_view(d, {}, alarm(), now=NOON, zone=ZONE, texts=EN) for d in devices}
    return draw_overlay(devices, views, labels, devices[0].id)


@given(crowds)
def test_no_label_lies_on_another_or_is_cut_off(
    places: list[tuple[tuple[float, float], str]],
) -> None:
    labels = place_labels(crowd(places), Language.EN)
    assert all(box.is_inside_plan() for box in labels.values())
    assert not any(a.overlaps(b) for a, b in combinations(labels.values(), 2))


def test_labels_of_devices_apart_are_all_there() -> None:
    devices = crowd([((0.2, 0.2), "Tank"), ((0.8, 0.1), "North camera"), ((0.5, 1.0), "Gate")])
    assert place_labels(devices, Language.EN).keys() == {"d0", "d1", "d2"}


def test_a_device_without_a_position_is_not_drawn() -> None:
    lost = device("lost")
    assert place_labels([lost], Language.EN) == {}
    assert drawn([lost], {}) == ""


def test_names_from_the_site_file_cannot_break_the_drawing() -> None:
    devices = [device('a"<b', name='<script>"&', position=(0.5, 0.5))]
    drawing = ElementTree.fromstring(
        f"<svg>{drawn(devices, place_labels(devices, Language.EN))}</svg>"
    )
    assert drawing.find(".//script") is None
    assert '<script>"&' in [text.text for text in drawing.iter("text")]


def test_a_state_too_long_for_its_label_is_told_by_the_short_word() -> None:
    devices = [device(name="Pump", position=(0.5, 0.5))]
    active = alarm(title=type(alarm().title)("A very long title of an alarm", "长"))
    views = {"pump": device_view(devices[0], {}, active, now=NOON, zone=ZONE, texts=EN)}
    labels = place_labels(devices, Language.EN)
    said = ElementTree.fromstring(f"<svg>{draw_overlay(devices, views, labels, None)}</svg>")
    assert [text.text for text in said.iter("text")][1:] == ["Pump", "alarm"]
