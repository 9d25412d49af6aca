"""What the desk shows of a ticket."""

from dataclasses import replace

from dashboards.history_lines import Line
from dashboards.texts import texts_in
from dashboards.ticket_views import alarm_words, card, has_snapshot, opened
from gateway.desk.desk import TicketFile
from gateway.model.alarm import Attention
from gateway.model.rule import Priority
from gateway.model.text import Language
from gateway.model.ticket import Act, Entry, TicketState
from gateway.security.roles import Right
from tests.dashboards.samples import ZONE, after, alarm, device, ticket
from tests.gateway.samples import NOON, reading

RIGHTS = frozenset({Right.READ, Right.WORK})
DEVICES = {"camera": device("camera", name="Wall camera")}
EN, ZH = texts_in(Language.EN), texts_in(Language.ZH)


def entry(version: int, what: str, who: str = "amy", text: str = "") -> Entry:
    return Entry(1, version, after(version), who, what, TicketState.NEW, text)


def test_a_card_says_everything_in_words_too() -> None:
    shown = card(ticket(7), (alarm(),), DEVICES, selected=True, now=after(125), zone=ZONE, texts=EN)
    assert shown.priority_word == "▲ High"
    assert (shown.title, shown.where, shown.state) == ("Breach", "Wall camera · Wall", "New")
    assert shown.when == "06:13:20 · 2 min ago"
    assert shown.alarm == "Active · not acknowledged"
    assert shown.fresh
    assert shown.selected


def test_the_same_card_in_chinese() -> None:
    shown = card(ticket(7), (alarm(),), DEVICES, selected=False, now=after(5), zone=ZONE, texts=ZH)
    assert (shown.priority_word, shown.title, shown.state) == ("▲ 高", "入侵", "新建")
    assert (shown.when, shown.alarm) == ("06:13:20 · 刚刚", "报警中 · 未确认")


def test_every_priority_has_a_shape_of_its_own() -> None:
    shapes = {
        card(
            ticket(1, priority=p), (), {}, selected=False, now=NOON, zone=ZONE, texts=EN
        ).priority_word.partition(" ")[0]
        for p in Priority
    }
    assert len(shapes) == len(Priority)


def test_an_accepted_ticket_asks_again_when_its_alarm_is_raised_again() -> None:
    accepted = ticket(1, state=TicketState.ACCEPTED)
    seen = alarm(attention=Attention.ACKED)
    views = [
        card(accepted, (a,), {}, selected=False, now=NOON, zone=ZONE, texts=EN)
        for a in (seen, alarm(occurrences=2))
    ]
    assert [view.fresh for view in views] == [False, True]
    assert views[1].alarm == "Active · not acknowledged · 2 times"


def test_an_alarm_that_returned_unseen_is_told_apart_from_one_that_is_over() -> None:
    returned = alarm(active=False, attention=Attention.RTN_UNACK)
    assert alarm_words([returned], EN) == "Back to normal · not acknowledged"
    assert alarm_words([], EN) == "Alarm over"


def test_an_opened_ticket_shows_its_history_newest_first_and_what_can_be_done() -> None:
    file = TicketFile(
        ticket(1), (entry(1, "opened", "gateway"), entry(2, "note", "bob", "called")), (alarm(),)
    )
    shown = opened(file, {}, {}, RIGHTS, now=after(9), zone=ZONE, texts=ZH)
    assert shown.lines == (
        Line("06:13:22", "bob", "备注", "called"),
        Line("06:13:21", "网关", "建单", ""),
    )
    assert shown.acts == (Act.ACKNOWLEDGE, Act.ESCALATE, Act.REPORT, Act.NOTE)
    assert shown.next_act is Act.ACKNOWLEDGE
    assert shown.where == "camera · 围墙"


def test_what_the_gateway_did_is_told_in_the_language_of_the_page() -> None:
    told = (
        entry(1, "late", "gateway", "arrive"),
        entry(2, "escalated", "gateway", "2/4 leader again late"),
        entry(3, "escalated", "gateway", "1/2 night-guards"),
    )
    file = TicketFile(ticket(1), told, ())
    lines = opened(file, {}, {}, RIGHTS, now=after(9), zone=ZONE, texts=ZH).lines
    assert [line.text for line in lines] == ["1/2 night-guards", "2/4 班长 再次通知 补发", "到场"]


def test_a_breach_shows_the_newest_picture_with_what_where_and_when() -> None:
    file = TicketFile(ticket(1), (), (alarm(2, evidence=None), alarm(1)))
    cameras = {"camera": device("camera", name="North camera")}
    snapshot = opened(file, cameras, {}, RIGHTS, now=NOON, zone=ZONE, texts=EN).snapshot
    assert snapshot is not None
    assert snapshot.url == "/api/v1/snapshots/c-1.jpg"
    assert snapshot.caption == "Breach, Wall · North camera · 2023-11-15 06:13:20"


def test_the_cameras_that_see_what_it_is_about_are_named() -> None:
    file = TicketFile(ticket(1), (), ())
    seen = replace(device(file.ticket.device), cameras=("north", "gone"))
    known = {seen.id: seen, "north": device("north", name="North camera")}
    facts = opened(file, known, {}, RIGHTS, now=NOON, zone=ZONE, texts=EN).facts
    look = next(fact.said for fact in facts if fact.name == "Look by camera")
    assert look.startswith("North camera (")
    assert "gone" not in look


def test_somebody_who_may_only_look_is_offered_no_act() -> None:
    shown = opened(
        TicketFile(ticket(1), (), (alarm(),)),
        {},
        {},
        frozenset({Right.READ}),
        now=NOON,
        zone=ZONE,
        texts=EN,
    )
    assert (shown.acts, shown.to_shelve) == ((), ())


def test_evidence_without_a_picture_is_none() -> None:
    assert has_snapshot(alarm())
    for value in (None, 0.5, "open", {"snapshot": None}, {}):
        assert not has_snapshot(alarm(evidence=reading("camera/crossing", value)))
