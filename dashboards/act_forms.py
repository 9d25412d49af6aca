"""What the person is asked for when an act needs more than a note."""

from collections.abc import Mapping
from typing import Final

from dashboards.form import Answers, Asked, Field
from dashboards.texts import Texts
from dashboards.ticket_views import priority_word
from gateway.desk.callers import people_of, to_call_back
from gateway.desk.states import TERMS, Need
from gateway.model.clock import HOUR, Micros
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import Act, Call, Doing, FalseAlarm, Report, Ticket

_USUAL_HOLD: Final[Micros] = 4 * HOUR

_CALL: Final = ("reporter", "phone", "where", "what", "convenient")
_MAY_BE_EMPTY: Final = "convenient"


def fields_of(
    act: Act, ticket: Ticket, now: Micros, texts: Texts, written: str
) -> tuple[Field, ...]:
    """None where the note says all that is needed; `written` is what it says so far."""
    needs = TERMS[act].needs
    if needs == (Need.TEXT,):
        return ()
    fields: list[Field] = []
    for need in needs:
        match need:
            case Need.TEXT:
                fields.append(Field("text", texts("head.reason"), Asked.LINE, value=written))
            case Need.ASSIGNEE:
                fields.append(Field("assignee", texts("ask.assignee"), Asked.LINE))
            case Need.UNTIL:
                usual = now + _USUAL_HOLD
                fields.append(Field("until", texts("ask.until"), Asked.MOMENT, value=usual))
            case Need.INTO:
                fields.append(Field("into", texts("ask.into"), Asked.WHOLE))
            case Need.CODE:
                codes = {code.value: texts(f"false_alarm.{code}") for code in FalseAlarm}
                fields.append(Field("code", texts("ask.code"), Asked.CHOICE, codes))
            case Need.SATISFIED:
                fields += _whom(ticket, texts)
                fields.append(Field("satisfied", texts("ask.satisfied"), Asked.YES_NO))
            case Need.CALL:
                fields += call_fields(ticket.call, texts)
    return tuple(fields)


def doing_of(act: Act, text: str, said: Answers) -> Doing:
    """The act with what was answered."""
    if act is Act.REPORT:
        return Doing(act, text, call=_call(said))
    whom = {"caller": int(said["caller"])} if "caller" in said else {}
    return Doing(act, **{"text": text, **said, **whom})


def _whom(ticket: Ticket, texts: Texts) -> list[Field]:
    """Which of several people was called back: first those whom nobody has called yet."""
    waiting = to_call_back(ticket)
    people = waiting or people_of(ticket)
    if len(people) < 2:
        return []
    options = {str(one.number): f"{one.call.reporter} {one.call.phone}" for one in people}
    return [Field("caller", texts("ask.caller"), Asked.CHOICE, options, str(people[0].number))]


def call_fields(call: Call | None, texts: Texts) -> list[Field]:
    """What a person on the phone says; `call` is what they have said before."""
    return [
        Field(
            name,
            texts(f"call.{name}"),
            Asked.LINE,
            value=None if call is None else getattr(call, name),
            required=name != _MAY_BE_EMPTY,
        )
        for name in _CALL
    ]


def report_fields(texts: Texts, places: Mapping[str, str]) -> list[Field]:
    """A call that opens a ticket; `places` are the devices it may be about, by id."""
    jobs = {job.value: texts(f"job.{job}") for job in JobKind}
    priorities = {priority.name: priority_word(priority, texts) for priority in Priority}
    return [
        *call_fields(None, texts),
        Field("job", texts("ask.job"), Asked.CHOICE, jobs, JobKind.REPAIR.value),
        Field("priority", texts("ask.priority"), Asked.CHOICE, priorities, Priority.MEDIUM.name),
        Field("device", texts("ask.device"), Asked.CHOICE, places, required=False),
    ]


def report_of(said: Answers) -> Report:
    """The call, and what the desk makes of it."""
    job, priority = JobKind(said["job"]), Priority[said["priority"]]
    return Report(_call(said), job, priority, said["device"] or "")


def _call(said: Answers) -> Call:
    return Call(**{name: said[name] or "" for name in _CALL})
