"""A transfer switch between the mains and a generator: watched alone. Pure."""

from gateway.model.command import Action
from gateway.plant.doubt import all_of, says
from gateway.plant.facts import Facts, word
from gateway.plant.supply import Fault, Supply, SupplyState
from gateway.site.model import Device, Site
from gateway.site.plant_model import TransferSettings


class TransferSwitch(Supply):
    """One transfer switch; see gateway.access.machine.Machine."""

    shows = "transfer"

    def __init__(self, device: Device, site: Site) -> None:
        self._settings = settings = device.transfer_switch or TransferSettings()
        own = {f"{device.id}/{name}": name for name in ("position", "mains", "generator")}
        other = {} if settings.generator is None else {f"{settings.generator}/state": "state"}
        super().__init__(device, {**own, **other}, site)

    def refusal(self, _state: SupplyState, _device: str, _action: Action) -> None:
        """Nobody commands it from here."""

    def _faults(self, state: SupplyState) -> tuple[Fault, ...]:
        settings, facts = self._settings, state.facts
        mains, position = word(facts, "mains"), word(facts, "position")
        running = self._other_is_there(facts)
        away = None if position is None else position != "generator"
        not_back = None if position is None else position != "mains"
        moves, returns = settings.moves_within, settings.returns_within
        return (
            Fault("stuck-between", moves, says(position, "between")),
            Fault("not-transferred", moves, all_of((says(mains, "lost"), running, away))),
            Fault("not-returned", returns, all_of((says(mains, "present"), not_back))),
        )

    def _other_is_there(self, facts: Facts) -> bool | None:
        """Whether the other side has voltage, or its generator runs."""
        if "generator" in self._names.values():
            return says(word(facts, "generator"), "present")
        return says(word(facts, "state"), "running") if self._settings.generator else False
