"""What the live stream says. Times are RFC 3339, UTC."""

from pydantic import Field

from gateway.api.documented import Documented, example_of
from gateway.api.schemas import Alarm, Reading
from gateway.api.ticket_schemas import Ticket


class Changes(Documented):
    """Whole records: each replaces what was known of the same point, alarm or ticket, unless that
    has a higher `seq`, `sequence` or `version`."""

    readings: tuple[Reading, ...] = Field(examples=[[example_of(Reading)]])
    alarms: tuple[Alarm, ...] = Field(examples=[[example_of(Alarm)]])
    tickets: tuple[Ticket, ...] = Field(examples=[[example_of(Ticket)]])
