"""Which machines a site has."""

from collections.abc import Callable, Mapping
from functools import partial

from gateway.access.barrier import barrier_machine
from gateway.access.device_clock import device_clocks
from gateway.access.door import door
from gateway.access.fire import fire_linkage
from gateway.access.interlock import interlocks
from gateway.access.machine import AnyMachine
from gateway.access.output import outputs
from gateway.access.passback import passback
from gateway.access.plates import Register
from gateway.access.zone import held_zone
from gateway.plant.derived import derived_points
from gateway.plant.generator import Generator
from gateway.plant.lighting import lighting
from gateway.plant.pump import Pump
from gateway.plant.pump_group import PumpGroup
from gateway.plant.transfer_switch import TransferSwitch
from gateway.site.model import Device, Site

Make = Callable[[Device], AnyMachine | None]
"""What makes the machine of a device; None for one that needs none."""


def machines(site: Site, register: Register) -> tuple[AnyMachine, ...]:
    """One for each door, barrier, zone, pump, area and group of them, one for the derived
    points of each device, and one for its clock, which hears first. `register`: who may pass."""
    by_kind: Mapping[str, Make] = {
        "barrier": partial(barrier_machine, register=register),
        "door": partial(door, site=site),
        "fire": partial(fire_linkage, site=site),
        "generator": partial(Generator, site=site),
        "lighting": partial(lighting, site=site),
        "passback": partial(passback, site=site),
        "pump": partial(Pump, site=site),
        "pump-group": partial(PumpGroup, site=site),
        "transfer-switch": partial(TransferSwitch, site=site),
        "zone": partial(held_zone, site=site),
    }
    made = (by_kind[each.kind](each) for each in site.devices if each.kind in by_kind)
    own = (machine for machine in made if machine is not None)
    clocks = device_clocks(site)
    return (*clocks, *own, *interlocks(site), *outputs(site), *derived_points(site))
