"""What the API says about commands."""

from typing import Annotated, Any

from pydantic import Field, FiniteFloat

from gateway.access.command_book import Recorded
from gateway.api.documented import STORABLE, Documented, Instant, Moment, Sentence, example_of
from gateway.api.schemas import DeviceId
from gateway.model.clock import from_datetime
from gateway.model.command import Action, Result
from gateway.security.passwords import LONGEST

Name = Annotated[str, Field(max_length=64, pattern=STORABLE)]
Secret = Annotated[str, Field(max_length=LONGEST)]


class SecondPerson(Documented):
    """Somebody else, who stands beside and agrees."""

    user: Name = Field(examples=["wang.fang"])
    password: Secret = Field(examples=["correct horse battery"], repr=False)


class Order(Documented):
    """What is to be done, and why."""

    action: Action = Field(examples=["open"])
    reason: Sentence = Field(default="", examples=["Courier for flat 1203"])
    """Needed; without it the command is refused, and that is on record."""
    until: Moment | None = Field(default=None, examples=["2026-05-01T10:00:00Z"])
    """When it ends by itself: a bypass, a walk test, a barrier held open, a pump's timed run."""
    lines: tuple[Name, ...] | None = Field(default=None, max_length=100, examples=[["north-1"]])
    """Which detector lines of a zone: a bypass."""
    person: Name | None = Field(default=None, examples=["6f1e09a7c54d2b8830ad41e2"])
    """Who is forgiven in an anti-passback area: `who` of its roll call."""
    point: Name | None = Field(default=None, examples=["speed"])
    """What is set: one of the device's setpoints."""
    value: FiniteFloat | Name | None = Field(default=None, examples=[45.0])
    """What it is set to: a number, or a state."""
    password: Secret | None = Field(default=None, examples=["correct horse battery"], repr=False)
    """One's own, once more: where the device view says second_factor."""
    second: SecondPerson | None = Field(default=None, examples=[example_of(SecondPerson)])
    """Where the device view says second_person."""

    @property
    def parameters(self) -> dict[str, object]:
        """What the command is told beside: `until` is an instant of ours."""
        ends = None if self.until is None else from_datetime(self.until)
        lines = None if self.lines is None else list(self.lines)
        told: dict[str, object | None] = {"until": ends, "lines": lines, "person": self.person}
        told |= {"point": self.point, "value": self.value}
        return {name: said for name, said in told.items() if said is not None}


class Outcome(Documented):
    """How a command ended."""

    result: Result = Field(examples=["confirmed"])
    """confirmed: a reading shows it. failed: it never reached the device. unknown: it was sent and
    no reading showed it in time: look at the device by camera."""
    code: str = Field(examples=["shown"])
    """Why."""
    detail: dict[str, Any] = Field(examples=[{}])


class Command(Documented):
    """A command on record; result, code and ended_at are null while it is under way."""

    id: str = Field(examples=["0b6a1c1e-6c1f-4b0e-9a53-2d8f4f0b7c11"])
    device: DeviceId = Field(examples=["north-door"])
    action: Action = Field(examples=["open"])
    parameters: dict[str, Any] = Field(examples=[{}])
    who: str = Field(examples=["li.wei"])
    """`gateway` where it asked by itself."""
    role: str = Field(examples=["operator"])
    second: str | None = Field(examples=["wang.fang"])
    """Who agreed to it."""
    reason: str = Field(examples=["Courier for flat 1203"])
    asked_at: Instant
    ended_at: Instant | None = Field(examples=["2026-05-01T08:00:00.750000Z"])
    result: Result | None = Field(examples=["confirmed"])
    code: str | None = Field(examples=["shown"])
    detail: dict[str, Any] = Field(examples=[{}])


def shown(recorded: Recorded) -> Command:
    """The command as the API tells it."""
    command, outcome = recorded.command, recorded.outcome
    return Command.model_validate(
        {
            "id": command.id,
            "device": command.device,
            "action": command.action,
            "parameters": dict(command.parameters),
            "who": command.asked_by.user,
            "role": command.asked_by.role,
            "second": recorded.second,
            "reason": command.reason,
            "asked_at": command.asked_at,
            "ended_at": recorded.ended_at,
            "result": None if outcome is None else outcome.result,
            "code": None if outcome is None else outcome.code,
            "detail": {} if outcome is None else dict(outcome.detail),
        }
    )
