"""A lamp, a siren or a sounder."""

from collections.abc import Mapping

from gateway.model.clock import Micros


class Output:
    """Off, until it is switched on."""

    def __init__(self) -> None:
        self.state = "off"

    def obey(self, action: str, _parameters: Mapping[str, object], _now: Micros) -> None:
        """See simulators.orders.Obedient."""
        self.state = {"switch-on": "on", "switch-off": "off"}.get(action, self.state)

    def step(self, _now: Micros) -> Mapping[str, str]:
        """What it tells."""
        return {"state": self.state}
