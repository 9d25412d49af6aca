"""Every code by which it is told why a command was asked for, refused, or how it ended: the
catalogues have words for each."""

from typing import Final

from gateway.access.door_mode import REFUSALS, SECURED
from gateway.access.interlock import OTHER_OPEN, OTHER_UNKNOWN
from gateway.access.machine import FIRE
from gateway.access.passback import READER_ASKED

ENDED: Final = frozenset(
    {"shown", "unchanged", "not-shown", "gateway-stopped", "expired", "unreachable"}
)

REFUSED: Final = frozenset(
    {
        "not-allowed",
        "unknown-action",
        "no-reason",
        "reason-too-long",
        "second-factor-missing",
        "wrong-password",
        "second-person-missing",
        "wrong-second-password",
        "second-person-not-allowed",
        "too-many-attempts",
        "busy",
        "starting",
        "connection-takes-no-commands",
        "device-refuses",
    }
)
"""By who asks, and how things stand; machines have more of their own (see Machine.refusal)."""

DOOR: Final = frozenset(REFUSALS.values())
BARRIER: Final = frozenset(
    {"barrier-blocked", "held-open", "boom-broken", "no-loop", "loop-occupied", "loop-unknown"}
)
ZONE: Final = frozenset({"line-not-ready"})
GROUP: Final = frozenset({FIRE, OTHER_OPEN, OTHER_UNKNOWN})

CODES: Final = ENDED | REFUSED | DOOR | BARRIER | ZONE | GROUP

WISHES: Final = frozenset(
    {
        *(FIRE, "breach"),
        *("door-open-too-long", "office-hours", "mode-ended", *SECURED),
        *("everybody-passed", "held-open", "plate-allowed"),
        READER_ASKED,
    }
)
"""Why a machine asked for it (Wish.reason)."""
