"""Register maps as they are written."""

from typing import Annotated

from pydantic import AfterValidator

from gateway.site import fields as f
from gateway.site.entry import Entry, some
from gateway.site.modbus_model import RegisterTable, RegisterType, WordOrder


class RegisterEntry(Entry):
    """Where one point lies in a Modbus unit."""

    table: RegisterTable
    """Which of the four Modbus tables."""
    address: f.RegisterAddress
    """The protocol's address, from 0 (holding register 40001 is address 0)."""
    type: RegisterType
    """How the value lies in registers."""
    word_order: WordOrder = WordOrder.BIG
    """Which register of a 32-bit value comes first: big = the high one."""
    scale: f.Number = 1.0
    """value = raw × scale + offset."""
    offset: f.Number = 0.0
    """value = raw × scale + offset."""
    states: dict[int, str] | None = None
    """For a state point: raw number → state."""


class RegisterMapEntry(Entry):
    """A vendor's registers for one kind of device: a Modbus profile."""

    kind: str
    """The kind whose points it maps."""
    period: f.Lasting
    """How often a device is polled."""
    points: Annotated[dict[f.Id, RegisterEntry], AfterValidator(some)]
    """The registers, by point."""
