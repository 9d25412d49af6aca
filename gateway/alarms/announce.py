"""What the desk does for an alarm, as the alarms see it."""

from typing import Protocol

import sqlalchemy as sa

from gateway.alarms.lifecycle import Move
from gateway.model.actor import GATEWAY, Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.rule import Rule
from gateway.model.ticket import Ticket


class Announce(Protocol):
    """Opens or joins the ticket of an alarm that is announced, or writes what else happened to it
    on its ticket, in the same transaction. The rule is None where the site file has it no more."""

    def __call__(
        self,
        connection: sa.Connection,
        rule: Rule | None,
        alarm: Alarm,
        move: Move,
        at: Micros,
        *,
        who: Actor = GATEWAY,
        text: str = "",
    ) -> Ticket:
        """The ticket as it is then."""
