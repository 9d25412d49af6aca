"""What the API says about alarms that are kept from the operator."""

from typing import Annotated

from pydantic import Field

from gateway.api.documented import STORABLE, Documented, Instant, Moment, Sentence, example_of
from gateway.api.schemas import Alarm, RuleId, Text
from gateway.model.alarm import Suppressing
from gateway.security.passwords import LONGEST

Word = Annotated[str, Field(max_length=64, pattern=STORABLE)]
"""A name or number of somebody's."""


class Suppression(Documented):
    """One reason why alarms of a rule are kept from the operator."""

    id: int = Field(examples=[3])
    kind: Suppressing = Field(examples=["shelved"])
    rule: RuleId
    since: Instant
    until: Instant | None = Field(examples=["2026-05-01T15:00:00Z"])
    """When it ends by itself; null while the parent's alarm is active."""
    who: str = Field(examples=["li.wei"])
    reason: str = Field(examples=["Sensor swapped this afternoon"])
    parent: str | None = Field(examples=["gate/power"])
    """The rule whose alarm suppresses it by design."""
    work_order: str | None = Field(examples=["WO-2041"])
    approved_by: str | None = Field(examples=["wang.fang"])
    ended_at: Instant | None = Field(examples=["2026-05-01T14:10:00Z"])
    ended_by: str | None = Field(examples=["li.wei"])


class Quiet(Documented):
    """A rule that is quiet, why, and how its alarm stands meanwhile."""

    suppression: Suppression = Field(examples=[example_of(Suppression)])
    title: Text | None = Field(examples=[example_of(Text)])
    """Null where the site file has the rule no more."""
    alarm: Alarm | None = Field(examples=[example_of(Alarm)])
    """Null where none has come."""


class Shelve(Documented):
    """How long an alarm is to be shelved, and why."""

    until: Moment
    """At the latest the shift's end, or as its rule allows."""
    reason: Sentence = Field(examples=["Sensor swapped this afternoon"])


class ShelveRule(Shelve):
    """A rule to be shelved before its alarm comes."""

    rule: RuleId


class ShelveSeen(Shelve):
    """An alarm to be shelved as it was when the person saw it."""

    occurrence: int = Field(ge=0, examples=[1])
    sequence: int = Field(ge=0, examples=[1])


class OutOfService(Documented):
    """A rule to be taken out of service."""

    rule: RuleId
    review: Moment
    """When it is looked at again, within 30 days: it ends then."""
    work_order: Word = Field(examples=["WO-2041"])
    approved_by: Word = Field(examples=["wang.fang"])
    """A second person, who may do this too."""
    approval: str = Field(max_length=LONGEST, examples=["correct horse battery"])
    """That person's own password: they are there, and agree."""
    reason: Sentence = Field(examples=["Pump 2 is being overhauled"])


class Ending(Documented):
    """Why it ends before its time."""

    reason: Sentence = Field(default="", examples=["Work is done"])
