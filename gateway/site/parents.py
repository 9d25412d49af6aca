"""The parents of every rule, which keep it quiet: they must exist, and form no circle.

A parent's alarm explains those of its children: no power, no network (ISA-18.2: designed
suppression).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from gateway.model.rule import NEVER_BY_DESIGN, Rule
from gateway.site.draft import Draft
from gateway.site.model import Device
from gateway.site.problems import Place
from gateway.site.written import Written


@dataclass(frozen=True, slots=True)
class _Claim:
    """That `parent` is one of `rule`, said at that place. `may_lack`: where it is switched off."""

    rule: str
    parent: str
    at: Place
    may_lack: bool = False


class Parents:
    """Gathers what rules and devices name; a device's parents are those of all its rules, except
    of what no parent may hide."""

    def __init__(self, draft: Draft, devices: Mapping[int, Device]) -> None:
        self._draft = draft
        self._claims: list[_Claim] = []
        self._kinds = {device.id: device.kind for device in devices.values()}
        self._of_device: dict[str, list[tuple[str, Place]]] = defaultdict(list)
        for index, device in devices.items():
            node = draft.nodes.get("devices", index)
            for place, name in enumerate(draft.entries.devices[index].parents):
                at = node.get("parents", place).at
                self._of_device[device.id].append((_whole(name, device.id), at))

    def claim(self, rule: Rule, written: Written) -> None:
        """The parents that rule names, and those of its device."""
        names, node = written.entry.parents, written.node
        if rule.alarm_class in NEVER_BY_DESIGN:
            if names:
                what = f"no parent may hide an alarm of class '{rule.alarm_class}'"
                self._draft.add(node.get("parents").at, what, "expected no parents")
            return
        own = [
            (_whole(name, rule.device), node.get("parents", index).at)
            for index, name in enumerate(names)
        ]
        device_wide = [(id_, at) for id_, at in self._of_device[rule.device] if id_ != rule.id]
        self._claims += [_Claim(rule.id, *each, written.parents_of_kind) for each in own]
        self._claims += [_Claim(rule.id, *each) for each in device_wide]

    def joined(self, rules: Mapping[str, Rule]) -> tuple[Rule, ...]:
        """The rules with their parents."""
        named: dict[str, dict[str, Place]] = defaultdict(dict)
        for claim in self._claims:
            if claim.parent == claim.rule:
                self._draft.add(claim.at, "this is the rule itself", "expected another rule")
            elif claim.parent in rules:
                named[claim.rule].setdefault(claim.parent, claim.at)
            else:
                self._miss(claim, rules)
        self._check_circles(named)
        return tuple(replace(rule, parents=tuple(named[id_])) for id_, rule in rules.items())

    def _miss(self, claim: _Claim, rules: Mapping[str, Rule]) -> None:
        device, _, name = claim.parent.partition("/")
        if device not in self._draft.device_ids:
            self._draft.unknown(claim.at, "device", device, self._draft.device_ids)
        elif device not in self._kinds:
            return  # The device itself is wrong, which has been told.
        elif claim.parent in self._draft.rule_ids or name in self._brought(device):
            if claim.may_lack:
                return
            what = f"rule '{claim.parent}' is wrong, or switched off"
            self._draft.add(claim.at, what, "expected one that can be raised")
        else:
            near = (id_ for id_ in rules if id_.startswith(f"{device}/"))
            self._draft.unknown(claim.at, "rule", claim.parent, near)

    def _brought(self, device: str) -> Mapping[str, object]:
        return self._draft.entries.kinds[self._kinds[device]].rules

    def _check_circles(self, named: Mapping[str, Mapping[str, Place]]) -> None:
        try:
            TopologicalSorter(named).prepare()
        except CycleError as error:
            upwards = list(reversed(error.args[1][1:]))
            first = next(upwards.index(rule) for rule in named if rule in upwards)
            circle = [*upwards[first:], *upwards[: first + 1]]
            what = f"its parents lead back to it: {' → '.join(circle)}"
            self._draft.add(named[circle[0]][circle[1]], what, "expected no circle")


def _whole(name: str, device: str) -> str:
    return name if "/" in name else f"{device}/{name}"
