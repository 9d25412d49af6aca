"""A ticket's history in words."""

from dashboards.history_lines import lines
from dashboards.texts import texts_in
from gateway.desk.desk import TicketFile
from gateway.desk.steps import Step
from gateway.model.text import Language, Text
from gateway.model.ticket import Act, Call, Doing, Entry, Event, TicketState
from tests.dashboards.samples import ZONE, after, ticket

STEPS = (Step(Text("Look", "查看")), Step(Text("Call the police", "报警")))


def said(doing: Doing, *, what: str = "", language: Language = Language.EN) -> str:
    entry = Entry(1, 1, after(1), "amy", what or doing.act, TicketState.ACCEPTED, doing.text, doing)
    file = TicketFile(ticket(1), (entry,), (), STEPS)
    (line,) = lines(file, now=after(9), zone=ZONE, texts=texts_in(language))
    return line.text


def test_an_act_is_told_with_what_was_chosen_before_what_was_written() -> None:
    assert said(Doing(Act.DISPATCH, "by car", assignee="Zhang")) == "Assigned to: Zhang\nby car"
    held = said(Doing(Act.HOLD, "no part", until=after(60)), language=Language.ZH)
    assert held == "挂起至：06:14:20\nno part"
    assert said(Doing(Act.MERGE, into=7)) == "Merged into ticket no.: #7"
    assert said(Doing(Act.FALSE_ALARM, code="animal"), language=Language.ZH) == "动物"
    assert said(Doing(Act.RESOLVE, code="pump-changed")) == "pump-changed"
    assert said(Doing(Act.CALL_BACK, "too slow", satisfied=False)) == "Satisfied: no\ntoo slow"
    assert said(Doing(Act.STEP, step=1)) == "2. Call the police"


def test_a_call_is_told_in_the_order_it_was_taken_down_in() -> None:
    call = Call("Mrs Li", "13800000000", "a drip", where="3-201")
    assert said(Doing(Act.REPORT, call=call)) == "Mrs Li · 13800000000 · 3-201 · a drip"


def test_a_ticket_that_took_another_in_names_it() -> None:
    assert said(Doing(Act.MERGE, into=4), what=Event.TOOK_IN) == "#4"


def test_a_call_back_names_who_was_called() -> None:
    doing = Doing(Act.CALL_BACK, satisfied=True, caller=3, call=Call("Li", "139", "a drip"))
    assert said(doing) == "Satisfied: yes · Li 139"


def test_what_became_more_urgent_by_a_merge_is_told_in_words() -> None:
    text = "priority.critical job.emergency clock.arrive told.faster"
    told = Entry(1, 1, after(1), "gateway", Event.HASTENED, TicketState.NEW, text)
    file = TicketFile(ticket(1), (told,), ())
    (english,) = lines(file, now=after(9), zone=ZONE, texts=texts_in(Language.EN))
    (chinese,) = lines(file, now=after(9), zone=ZONE, texts=texts_in(Language.ZH))
    assert english.what == "More urgent now"
    assert english.text == "Critical · Emergency · Arrive · others told sooner"
    assert chinese.text == "紧急 · 应急 · 到场 · 加快上报"


def test_how_an_alarm_is_kept_quiet_is_told_in_the_language_of_the_page() -> None:
    told = Entry(
        *(1, 1, after(1), "amy", Event.SUPPRESSED, TicketState.NEW),
        "shelved: → 2026-05-01 12:00 · paint: wet",
    )
    file = TicketFile(ticket(1), (told,), ())
    (line,) = lines(file, now=after(9), zone=ZONE, texts=texts_in(Language.ZH))
    assert line.text == "搁置：→ 2026-05-01 12:00 · paint: wet"


def test_an_act_with_nothing_beside_it_has_no_text() -> None:
    assert said(Doing(Act.ARRIVE)) == ""


def test_a_step_the_procedure_has_no_more_is_left_out() -> None:
    assert said(Doing(Act.STEP, step=9)) == ""
