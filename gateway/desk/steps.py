"""The steps of a ticket's procedure, and which of them are ticked off: told by its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.model.clock import Micros
from gateway.model.text import Text
from gateway.model.ticket import Act, Entry, TicketState


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a procedure; who ticked it off and when, if anybody has."""

    text: Text
    done_at: Micros | None = None
    done_by: str = ""


def steps_of(texts: Sequence[Text], entries: Sequence[Entry]) -> tuple[Step, ...]:
    """The procedure's steps in their order; `entries` are the ticket's, oldest first."""
    ticked = ticked_off(entries)
    steps = []
    for number, text in enumerate(texts):
        entry = ticked.get(number)
        steps.append(Step(text) if entry is None else Step(text, entry.at, entry.who))
    return tuple(steps)


def ticked_off(entries: Sequence[Entry]) -> Mapping[int, Entry]:
    """The entries that ticked steps off, by the step's number from 0. When a ticket is reopened
    its procedure begins anew."""
    ticked: dict[int, Entry] = {}
    state = TicketState.NEW
    for entry in entries:
        if entry.state is TicketState.REOPENED and state is not TicketState.REOPENED:
            ticked = {}
        state = entry.state
        if entry.what == Act.STEP and entry.doing is not None and entry.doing.step is not None:
            ticked[entry.doing.step] = entry
    return ticked
