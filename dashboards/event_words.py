"""What an event of a door, barrier, zone or fire linkage says, in words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dashboards.texts import Texts
from gateway.site.model import Device

WHO: Final = ("holder", "plate", "credential", "who")
"""The keys of an event that say who it was, or who ordered it."""

SAID: Final = {
    **dict.fromkeys(("result", "direction", "reader", "reason"), "said"),
    "verdict": "outcome",
    "led-to": "state",
}
"""The keys of an event that say how it came out, in this order, and the family of their words."""

NAMED: Final = ("not-released", "released", "untested", "tested")
"""The keys of an event that list devices or lines, the bad news first."""

IMPERSONAL: Final = frozenset({"zone", "fire"})
"""Kinds at which nobody shows who they are, so that nobody can be missed."""


def event_who(told: Mapping[str, Any], device: Device | None, texts: Texts) -> str:
    """Empty where the event is no person's."""
    who = [str(told[key]) for key in WHO if told.get(key)]
    if not who and device is not None and device.kind in IMPERSONAL:
        return ""
    return " · ".join(who) or texts("access.nobody")


def event_words(told: Mapping[str, Any], devices: Mapping[str, Device], texts: Texts) -> str:
    """How it came out, and at which line or devices."""

    def name(of: object) -> str:
        device, _, _ = str(of).partition("/")
        found = devices.get(str(of)) or devices.get(device)
        return str(of) if found is None else found.name.in_(texts.language)

    def said() -> Iterator[str]:
        if told.get("line"):
            yield name(told["line"])
        for key, family in SAID.items():
            if told.get(key):
                yield texts.word(family, str(told[key]))
        for key in NAMED:
            if isinstance(told.get(key), list) and told[key]:
                names = ", ".join(name(each) for each in told[key])
                yield texts("name_and_value", name=texts(f"named.{key}"), value=names)

    return " · ".join(said())
