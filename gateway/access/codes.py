"""Every code by which it is told why a command was asked for, refused, or how it ended: the
catalogues have words for each."""

from typing import Final

from gateway.access.barrier_state import BarrierRefusal
from gateway.access.door_mode import SECURED, DoorRefusal
from gateway.access.fire import FireRefusal
from gateway.access.interlock import LockRefusal
from gateway.access.lock_down import NO_DOORS
from gateway.access.machine import FIRE, Refusal
from gateway.access.output import REASONS
from gateway.access.passback import READER_ASKED
from gateway.access.zone_state import ZoneRefusal
from gateway.plant.generator import GeneratorRefusal
from gateway.plant.generator import Reason as GeneratorReason
from gateway.plant.lighting import Reason as LightReason
from gateway.plant.pump_group import Reason as GroupReason
from gateway.plant.pump_state import PumpRefusal
from gateway.plant.running_orders import Reason as RunReason

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
        "unknown-setpoint",
        "value-not-allowed",
        "end-has-passed",
        NO_DOORS,
    }
)
"""By who asks, and how things stand; machines name their own."""

MACHINES: Final[tuple[type[Refusal], ...]] = (
    BarrierRefusal,
    DoorRefusal,
    FireRefusal,
    GeneratorRefusal,
    LockRefusal,
    PumpRefusal,
    ZoneRefusal,
)

CODES: Final = ENDED | REFUSED | {code.value for machine in MACHINES for code in machine}

WISHES: Final = frozenset(
    {
        *(FIRE, *REASONS),
        *("office-hours", "mode-ended", *SECURED),
        *("everybody-passed", "held-open", "plate-allowed"),
        READER_ASKED,
        *(*RunReason, *GroupReason, *GeneratorReason, *LightReason),
    }
)
"""Why a machine asked for it (Wish.reason)."""
