"""A ticket's history in words, newest first: who did what, and what went with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dashboards.moments import moment
from dashboards.texts import Texts
from gateway.desk.desk import TicketFile
from gateway.model.actor import GATEWAY
from gateway.model.clock import Micros
from gateway.model.ticket import Act, Call, Doing, Entry, Event, FalseAlarm


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a ticket's history. `text` is what people wrote, after what they chose."""

    when: str
    who: str
    what: str
    text: str


def lines(file: TicketFile, *, now: Micros, zone: ZoneInfo, texts: Texts) -> tuple[Line, ...]:
    """Everything that was done to the ticket."""
    return tuple(
        Line(
            when=moment(entry.at, now, zone),
            who=texts("who.gateway") if entry.who == GATEWAY.user else entry.who,
            what=texts(f"entry.{entry.what}"),
            text=_text(entry, file, now, zone, texts),
        )
        for entry in reversed(file.entries)
    )


def _text(entry: Entry, file: TicketFile, now: Micros, zone: ZoneInfo, texts: Texts) -> str:
    """What people wrote stands as it is; what the gateway did is in the person's language."""
    match entry.what:
        case Event.LATE:
            return texts(f"clock.{entry.text}")
        case Event.ESCALATED:
            return " ".join(texts.word("told", word) for word in entry.text.split())
        case Event.SUPPRESSED:
            return _suppressed(entry.text, texts)
        case Event.HASTENED:
            return " · ".join(_word(code, texts) for code in entry.text.split())
        case Event.TOOK_IN if entry.doing is not None:
            return f"#{entry.doing.into}"
    chosen = [] if entry.doing is None else [*_chosen(entry.doing, file, now, zone, texts)]
    return "\n".join(said for said in (" · ".join(chosen), entry.text) if said)


def _word(code: str, texts: Texts) -> str:
    family, _, word = code.partition(".")
    return texts.word(family, word)


def _suppressed(text: str, texts: Texts) -> str:
    """The gateway writes how, and then until when and why."""
    how, _, why = text.partition(": ")
    return texts("name_and_value", name=texts.word("suppressing", how), value=why) if why else text


def _chosen(
    doing: Doing, file: TicketFile, now: Micros, zone: ZoneInfo, texts: Texts
) -> Iterator[str]:
    if doing.assignee:
        yield texts("name_and_value", name=texts("ask.assignee"), value=doing.assignee)
    if doing.until is not None:
        until = moment(doing.until, now, zone)
        yield texts("name_and_value", name=texts("ask.until"), value=until)
    if doing.into is not None:
        yield texts("name_and_value", name=texts("ask.into"), value=f"#{doing.into}")
    if doing.act is Act.FALSE_ALARM and doing.code in set(FalseAlarm):
        yield texts(f"false_alarm.{FalseAlarm(doing.code)}")
    elif doing.code:
        yield doing.code
    if doing.step is not None and doing.step < len(file.steps):
        yield f"{doing.step + 1}. {file.steps[doing.step].text.in_(texts.language)}"
    if doing.satisfied is not None:
        answer = texts("yes") if doing.satisfied else texts("no")
        yield texts("name_and_value", name=texts("ask.satisfied"), value=answer)
    if doing.call is not None and doing.act is Act.CALL_BACK:
        yield f"{doing.call.reporter} {doing.call.phone}"
    elif doing.call is not None:
        yield _call(doing.call)


def _call(call: Call) -> str:
    said = (call.reporter, call.phone, call.where, call.what, call.convenient)
    return " · ".join(word for word in said if word)
