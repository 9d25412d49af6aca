"""Which machines a site has."""

from collections.abc import Callable, Mapping

from gateway.access.machine import AnyMachine
from gateway.site.model import Device, Site

BY_KIND: Mapping[str, Callable[[Device], AnyMachine]] = {}
"""What makes the machine of a device, by its kind."""


def machines(site: Site) -> tuple[AnyMachine, ...]:
    """One for each door, barrier and zone, and for each group of them."""
    return tuple(BY_KIND[device.kind](device) for device in site.devices if device.kind in BY_KIND)
