"""How a door is held: what people ordered, and what its office hours say (ONVIF door mode)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.access.machine import Refusal
from gateway.model.command import Action


class Hold(StrEnum):
    """What was ordered, until something else is; NONE: locked, and opened by credentials."""

    NONE = "locked"
    UNLOCKED = "unlocked"
    BLOCKED = "blocked"
    LOCKED_DOWN = "locked-down"
    LOCKED_OPEN = "locked-open"


class Office(StrEnum):
    """What the office hours say: shut, waiting for the first person, or open."""

    SHUT = "shut"
    WAITING = "waiting"
    OPEN = "open"


ORDERS: Final = (
    Action.OPEN,
    Action.LOCK,
    Action.UNLOCK,
    Action.LOCK_DOWN,
    Action.END_LOCK_DOWN,
    Action.BLOCK,
    Action.LOCK_OPEN,
    Action.END_LOCK_OPEN,
)


def _row(hold: Hold, **moves: Hold) -> dict[tuple[Hold, Action], Hold]:
    return {(hold, action): moves.get(action.name.lower(), hold) for action in ORDERS}


_ANY: Final = {
    "lock": Hold.NONE,
    "unlock": Hold.UNLOCKED,
    "lock_down": Hold.LOCKED_DOWN,
    "block": Hold.BLOCKED,
    "lock_open": Hold.LOCKED_OPEN,
}

MOVES: Final[Mapping[tuple[Hold, Action], Hold]] = {
    **_row(Hold.NONE, **_ANY),
    **_row(Hold.UNLOCKED, **_ANY),
    **_row(Hold.BLOCKED, **_ANY),
    **_row(Hold.LOCKED_DOWN, end_lock_down=Hold.NONE, lock_open=Hold.LOCKED_OPEN),
    **_row(Hold.LOCKED_OPEN, end_lock_open=Hold.NONE),
}
"""Every hold and order; what is not named in a row leaves the hold as it is."""


class DoorRefusal(Refusal):
    """See Machine.refusal: it is held so."""

    BLOCKED = "blocked"
    LOCKED_DOWN = "locked-down"
    LOCKED_OPEN = "locked-open"


REFUSALS: Final[Mapping[tuple[Hold, Action], DoorRefusal]] = {
    **{
        (Hold.BLOCKED, action): DoorRefusal.BLOCKED
        for action in (Action.OPEN, Action.END_LOCK_DOWN, Action.END_LOCK_OPEN)
    },
    **{
        (Hold.LOCKED_DOWN, action): DoorRefusal.LOCKED_DOWN
        for action in (Action.OPEN, Action.UNLOCK, Action.BLOCK, Action.END_LOCK_OPEN)
    },
    **{
        (Hold.LOCKED_OPEN, action): DoorRefusal.LOCKED_OPEN
        for action in (
            Action.LOCK,
            Action.UNLOCK,
            Action.LOCK_DOWN,
            Action.END_LOCK_DOWN,
            Action.BLOCK,
        )
    },
}
"""What must not be asked of a door that is held so, and why. Escape is never refused."""

SECURED: Final = frozenset({Hold.BLOCKED, Hold.LOCKED_DOWN})
"""Credentials open nothing from outside; egress stays free."""


@dataclass(frozen=True, slots=True)
class Mode:
    """`order` is the id of the order that led here from `before`, should it come to nothing, and
    `order_before` that of the one that led there from `earlier`: escape waits for no other."""

    hold: Hold = Hold.NONE
    before: Hold = Hold.NONE
    order: str = ""
    office: Office = Office.SHUT
    earlier: Hold = Hold.NONE
    order_before: str = ""

    @property
    def is_secured(self) -> bool:
        """Whether credentials open nothing from outside."""
        return self.hold in SECURED

    @property
    def is_free(self) -> bool:
        """Whether everybody may open it."""
        if self.hold is Hold.NONE:
            return self.office is Office.OPEN
        return self.hold in (Hold.UNLOCKED, Hold.LOCKED_OPEN)

    def said(self, *, accessed: bool, double_locked: bool) -> str:
        """The derived point's word."""
        if self.hold is not Hold.NONE:
            return self.hold.value
        if self.is_free:
            return Hold.UNLOCKED.value
        if accessed:
            return "accessed"
        return "double-locked" if double_locked else Hold.NONE.value


def ordered(mode: Mode, action: Action, order: str) -> Mode:
    """Somebody ordered it. Locked by hand in office hours, it stays so until the next ones."""
    office = Office.SHUT if action is Action.LOCK else mode.office
    return Mode(MOVES[mode.hold, action], mode.hold, order, office, mode.before, mode.order)


def withdrawn(mode: Mode, order: str) -> Mode:
    """That order came to nothing."""
    if order == mode.order:
        return Mode(mode.before, mode.earlier, mode.order_before, mode.office)
    if order == mode.order_before:
        return replace(mode, before=mode.earlier, order_before="")
    return mode
