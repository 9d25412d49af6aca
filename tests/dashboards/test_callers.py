"""Who is to be called back, as the desk sees and says it."""

from dataclasses import replace

from dashboards.act_forms import doing_of, fields_of
from dashboards.texts import texts_in
from dashboards.ticket_details import facts
from gateway.model.text import Language
from gateway.model.ticket import Act, Call, Caller, Doing, TicketState
from tests.dashboards.samples import ZONE, after, ticket

EN = texts_in(Language.EN)
WANG, ZHAO = Call("Wang", "138", "a drip", where="3-201"), Call("Zhao", "139", "wet", where="3-101")
MERGED = replace(
    ticket(2, state=TicketState.RESOLVED), call=WANG, callers=(Caller(1, ZHAO), Caller(3, WANG))
)


def test_of_several_callers_the_desk_is_asked_whom_it_has_called() -> None:
    whom, satisfied = fields_of(Act.CALL_BACK, MERGED, after(1), EN, "")
    assert (whom.name, whom.options) == ("caller", {"2": "Wang 138", "1": "Zhao 139"})
    assert satisfied.name == "satisfied"
    answers = {"caller": "1", "satisfied": True}
    assert doing_of(Act.CALL_BACK, "", answers) == Doing(Act.CALL_BACK, satisfied=True, caller=1)


def test_the_last_one_to_be_called_needs_no_naming() -> None:
    left = replace(MERGED, callers=(Caller(1, ZHAO, satisfied=True),))
    (satisfied,) = fields_of(Act.CALL_BACK, left, after(1), EN, "")
    assert satisfied.name == "satisfied"


def test_a_ticket_shows_everybody_who_reported_it_and_who_is_still_to_be_called() -> None:
    known = replace(MERGED, callers=(Caller(1, ZHAO, satisfied=False), Caller(3, WANG)))
    shown = [(fact.name, fact.said) for fact in facts(known, now=after(1), zone=ZONE, texts=EN)]
    assert ("Also reported by", "#1 · Zhao · 139 · 3-101 · wet · Satisfied: no") in shown
    assert ("Also reported by", "#3 · Wang · 138 · 3-201 · a drip") in shown
    assert ("Still to be called back", "Wang (138)") in shown
