"""What a device is called where only its id, or that of one of its rules, is known."""

from gateway.model.text import Language
from gateway.site.model import Site


def device_names(site: Site, language: Language) -> dict[str, str]:
    """Names by a device's id, and by a rule's. The gateway's own rules have none."""
    names = {device.id: device.name.in_(language) for device in site.devices}
    return names | {rule.id: names.get(rule.device, rule.device) for rule in site.rules}
