"""Which doors and barriers of a fire linkage their firmware leaves to the wire."""

from collections.abc import Iterator

from drivers.mqtt.profiles import orders
from gateway.model.command import Action
from gateway.model.text import Text
from gateway.site.model import Device, MqttAddress, Site


def left_to_the_wire(site: Site) -> Iterator[Text]:
    """A line for each that a fire cannot release by command, though its kind could be asked."""
    devices = {device.id: device for device in site.devices}
    for linkage in site.devices:
        for name, action in _released(linkage):
            device = devices[name]
            if isinstance(device.address, MqttAddress) and action not in orders(device):
                profile = device.address.profile
                yield Text(
                    f"{linkage.id} releases {name} by its wire alone; profile {profile} takes no"
                    f" {action} for it",
                    f"{linkage.id} 只能靠接线释放 {name}；固件 {profile} 不接受 {action}",
                )


def _released(linkage: Device) -> Iterator[tuple[str, Action]]:
    if linkage.fire is not None:
        yield from ((door, Action.LOCK_OPEN) for door in linkage.fire.doors)
        yield from ((barrier, Action.OPEN) for barrier in linkage.fire.barriers)
