"""Which machines a site has."""

from collections.abc import Callable, Mapping
from functools import partial

from gateway.access.barrier import barrier_machine
from gateway.access.machine import AnyMachine
from gateway.access.plates import Register
from gateway.site.model import Device, Site

BY_KIND: Mapping[str, Callable[[Device], AnyMachine]] = {}
"""What makes the machine of a device, by its kind."""


def machines(site: Site, register: Register) -> tuple[AnyMachine, ...]:
    """One for each door, barrier and zone, and for each group of them. `register`: who may pass."""
    barrier = partial(barrier_machine, register=register)
    makers: Mapping[str, Callable[[Device], AnyMachine]] = {**BY_KIND, "barrier": barrier}
    return tuple(makers[device.kind](device) for device in site.devices if device.kind in makers)
