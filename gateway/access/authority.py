"""Who may have what done: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.access.confirming import setpoint_named
from gateway.errors import Refused
from gateway.model.actor import Actor
from gateway.model.command import Action
from gateway.security.roles import RIGHTS, Right
from gateway.site.model import AccessSettings, Device, Setpoint

PASSING: Final = frozenset(
    {
        Action.OPEN,
        Action.CLOSE,
        Action.STOP,
        Action.LOCK,
        Action.SWITCH_ON,
        Action.SWITCH_OFF,
        Action.FORGIVE,
        Action.START,
        Action.RESET,
        Action.SET,
        Action.AUTOMATIC,
        Action.MANUAL,
    }
)
"""What lets somebody pass, or secures, or moves a machine: Right.COMMAND. All else changes how well
the estate is secured for longer: Right.SECURE."""

LONGEST_REASON: Final = 500
"""Characters."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done. `second` is a second person who has agreed with their own password;
    `proved` says that the first has shown their own once more; `unproved` why what was shown does
    not count, as a code (see proof.py)."""

    device: str
    action: Action
    reason: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    second: str | None = None
    proved: bool = False
    unproved: str | None = None


class CommandRefused(Refused):
    """Nothing was sent; `code` says why, in the catalogues' words, with its parameters in
    `detail`."""

    def __init__(
        self, device: str, action: Action, code: str, detail: Mapping[str, object] | None = None
    ) -> None:
        self.code = code
        self.detail = dict(detail or {})
        told = ": ".join(filter(None, (code, _said(self.detail))))
        super().__init__(f"{device} {action}", f"is refused ({told})")


def _said(detail: Mapping[str, object]) -> str:
    """What of it a person may read."""
    if "states" in detail:
        states = detail["states"]
        return f"expected {' or '.join(states)}" if isinstance(states, list) else ""
    if "low" in detail:
        return f"expected {detail['low']:g} to {detail['high']:g} {detail['unit']}".rstrip()
    return "; ".join(str(detail[name]) for name in ("problem", "remedy") if name in detail)


def right_for(action: Action) -> Right:
    """What somebody must be allowed to have that done, where its device asks for nothing else."""
    return Right.COMMAND if action in PASSING else Right.SECURE


def right_to(device: Device, action: Action) -> Right:
    """What they must be allowed to have that device do it."""
    own = device.rights.get(action)
    return right_for(action) if own is None else Right(own)


def right_to_set(setpoint: Setpoint) -> Right:
    """The same for setting that."""
    return Right(setpoint.right)


def refusal(
    device: Device | None, asked: Asked, who: Actor, settings: AccessSettings
) -> str | None:
    """Why that person may not have it done, as a code of the catalogues: the first that applies.
    Of no one device: by the person alone."""
    right = right_for(asked.action) if device is None else right_asked(device, asked)
    rights = {role.value: rights for role, rights in RIGHTS.items()}.get(who.role, frozenset())
    against = (
        ("not-allowed", right not in rights),
        ("unknown-action", device is not None and asked.action not in device.commands),
        ("no-reason", not asked.reason.strip()),
        ("reason-too-long", len(asked.reason) > LONGEST_REASON),
        (asked.unproved, asked.unproved is not None),
        ("second-factor-missing", asked.action in settings.second_factor and not asked.proved),
        (
            "second-person-missing",
            asked.action in settings.second_person and asked.second in (None, who.user),
        ),
    )
    return next((code for code, applies in against if applies), None)


def right_asked(device: Device, asked: Asked) -> Right:
    """What must be allowed for that; of a setpoint its own."""
    setpoint = setpoint_named(device, asked.parameters) if asked.action is Action.SET else None
    return right_to(device, asked.action) if setpoint is None else right_to_set(setpoint)
