"""One discovery message → what it says of its entities, or why it is not understood.

Strict: a key that could change what a message means, and that is not known here, is refused by
name. Of templates only `{{ value }}` and `{{ value_json.a.b }}` are understood.

Source: Home Assistant's documentation of MQTT discovery (topics, abbreviations, base topic) and of
the MQTT binary sensor, lock, cover, switch, siren and sensor (keys and their defaults).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.mqtt.profiles.json_message import decoded_object
from gateway.errors import Refused

_ABBREVIATED: Mapping[str, str] = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmd_t": "command_topic",
    "cmps": "components",
    "cmd_tpl": "command_template",
    "dev": "device",
    "dev_cla": "device_class",
    "e": "encoding",
    "en": "enabled_by_default",
    "ent_cat": "entity_category",
    "exp_aft": "expire_after",
    "frc_upd": "force_update",
    "ic": "icon",
    "json_attr_t": "json_attributes_topic",
    "json_attr_tpl": "json_attributes_template",
    "o": "origin",
    "obj_id": "object_id",
    "off_dly": "off_delay",
    "opt": "optimistic",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_cls": "payload_close",
    "pl_lock": "payload_lock",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "pl_open": "payload_open",
    "pl_stop": "payload_stop",
    "pl_unlk": "payload_unlock",
    "ret": "retain",
    "stat_cla": "state_class",
    "stat_closing": "state_closing",
    "stat_clsd": "state_closed",
    "stat_locked": "state_locked",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_open": "state_open",
    "stat_opening": "state_opening",
    "stat_stopped": "state_stopped",
    "stat_t": "state_topic",
    "stat_unlocked": "state_unlocked",
    "sug_dsp_prc": "suggested_display_precision",
    "t": "topic",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
_OF_A_DEVICE: Mapping[str, str] = {"ids": "identifiers", "cns": "connections"}
_SAYS_NOTHING = {
    *("device", "origin", "name", "unique_id", "object_id", "default_entity_id", "icon", "qos"),
    *("enabled_by_default", "entity_category", "entity_picture", "state_class", "force_update"),
    *("json_attributes_topic", "json_attributes_template", "suggested_display_precision"),
    *("platform", "schema", "availability_mode", "expire_after", "retain", "has_entity_name"),
}
"""Keys that do not change what a message means. Orders are never retained, whatever is asked."""
_UNDERSTOOD = {
    *("device_class", "state_topic", "command_topic", "value_template", "unit_of_measurement"),
    *("availability", "availability_topic", "availability_template"),
    *("payload_available", "payload_not_available"),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "binary_sensor": {"payload_on": "ON", "payload_off": "OFF"},
    "lock": {
        "state_locked": "LOCKED",
        "state_unlocked": "UNLOCKED",
        "payload_lock": "LOCK",
        "payload_unlock": "UNLOCK",
        "payload_open": "",
    },
    "cover": {
        "state_open": "open",
        "state_opening": "opening",
        "state_closed": "closed",
        "state_closing": "closing",
        "state_stopped": "stopped",
        "payload_open": "OPEN",
        "payload_close": "CLOSE",
        "payload_stop": "STOP",
    },
    "switch": {"payload_on": "ON", "payload_off": "OFF", "state_on": "", "state_off": ""},
    "siren": {"payload_on": "ON", "payload_off": "OFF", "state_on": "", "state_off": ""},
    "sensor": {},
}
"""By component, the keys of its words and what they are by default."""
_TOPIC = re.compile(r"[^\s/+#]+(/[^\s/+#]+)*")
_TEMPLATE = re.compile(r"\{\{\s*(?:value|value_json((?:\.[A-Za-z_][A-Za-z0-9_]*)+))\s*\}\}")


@dataclass(frozen=True, slots=True)
class Availability:
    """`pointer` is a JSON pointer, None for plain text."""

    topic: str
    online: str
    offline: str
    pointer: str | None


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing of one device. `words`: by Home Assistant's key, the word as the device says or
    hears it."""

    component: str
    device: str
    name: str
    device_class: str
    unit: str
    state_topic: str
    command_topic: str | None
    pointer: str | None
    words: Mapping[str, str]
    availability: tuple[Availability, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of one entity, and where, as refusals name it."""

    where: str
    component: str
    said: Mapping[str, object]


def parts(prefix: str, topic: str, payload: bytes) -> Sequence[Part]:
    """The entities that a message on `PREFIX/COMPONENT/…/config` describes: one, or on
    `PREFIX/device/…/config` all of a device. Raises Refused, or Malformed."""
    component = topic.removeprefix(f"{prefix}/").partition("/")[0]
    said = decoded_object(topic, payload)
    if component != "device":
        return [Part(topic, component, said)]
    common = {_ABBREVIATED.get(key, key): value for key, value in said.items()}
    components = common.pop("components", None)
    if not isinstance(components, dict):
        raise Refused(topic, "has no components")
    found = []
    for name, one in components.items():
        whole = {_ABBREVIATED.get(key, key): value for key, value in _object(topic, one).items()}
        of = f"{topic} {name}"
        found.append(Part(of, _text(of, whole, "platform", "none"), {**common, **whole}))
    return found


def _object(topic: str, said: object) -> Mapping[str, object]:
    if not isinstance(said, dict):
        raise Refused(topic, "a component is no object")
    return said


def entity(part: Part) -> Entity:
    """Raises Refused."""
    topic, component = part.where, part.component
    words = _WORDS.get(component)
    if words is None:
        raise Refused(topic, f"component {component} is nothing Gatehouse has a kind for")
    said = _spelt_out(topic, part.said)
    if said.get("optimistic") is False:  # it tells its state, as it must
        del said["optimistic"]
    unknown = said.keys() - _SAYS_NOTHING - _UNDERSTOOD - words.keys()
    if unknown:
        raise Refused(topic, f"key {min(unknown)} is not understood")
    device, name = _names(topic, said)
    return Entity(
        component=component,
        device=device,
        name=name,
        device_class=_text(topic, said, "device_class", ""),
        unit=_text(topic, said, "unit_of_measurement", ""),
        state_topic=_checked_topic(topic, said.get("state_topic")),
        command_topic=_optional_topic(topic, said.get("command_topic")),
        pointer=_pointer(topic, said.get("value_template")),
        words={key: _word(topic, said.get(key, default)) for key, default in words.items()},
        availability=_availability(topic, said),
    )


def _spelt_out(topic: str, said: Mapping[str, object]) -> dict[str, object]:
    """Abbreviations as whole words, and `~` as the base topic it stands for."""
    base = said.get("~", "")
    if not isinstance(base, str):
        raise Refused(topic, "the base topic (~) is no text")
    whole: dict[str, object] = {}
    for key, value in said.items():
        name = _ABBREVIATED.get(key, key)
        if key != "~" and name in whole:
            raise Refused(topic, f"key {name} is there twice, once abbreviated")
        if key != "~":
            whole[name] = _based(base, value) if name.endswith("_topic") else value
    listed = whole.get("availability")
    if listed is not None:
        whole["availability"] = _spelt_out_list(topic, base, listed)
    return whole


def _spelt_out_list(topic: str, base: str, listed: object) -> list[dict[str, object]]:
    whole = []
    for one in listed if isinstance(listed, list) else [listed]:
        if not isinstance(one, dict):
            raise Refused(topic, "availability is no list of topics")
        named = {_ABBREVIATED.get(key, key): value for key, value in one.items()}
        whole.append({**named, "topic": _based(base, named.get("topic"))})
    return whole


def _based(base: str, value: object) -> object:
    if not isinstance(value, str) or not base:
        return value
    if value.startswith("~"):
        return base + value[1:]
    return value[:-1] + base if value.endswith("~") else value


def _names(topic: str, said: Mapping[str, object]) -> tuple[str, str]:
    """What tells the device from all others, and what people call it."""
    device = said.get("device", {})
    if not isinstance(device, dict):
        raise Refused(topic, "device is no object")
    whole = {_OF_A_DEVICE.get(key, key): value for key, value in device.items()}
    ids = whole.get("identifiers") or said.get("unique_id") or topic.split("/")[-2]
    first = ids[0] if isinstance(ids, list) else ids
    if not isinstance(first, str):
        raise Refused(topic, "the device's identifier is no text")
    name = whole.get("name") or said.get("name") or first
    return first, name if isinstance(name, str) else first


def _availability(topic: str, said: Mapping[str, object]) -> tuple[Availability, ...]:
    listed = said.get("availability")
    if listed is None and "availability_topic" in said:
        listed = [
            {
                "topic": said["availability_topic"],
                "value_template": said.get("availability_template"),
                **{k: said[k] for k in ("payload_available", "payload_not_available") if k in said},
            }
        ]
    each = listed if isinstance(listed, list) else []
    return tuple(
        Availability(
            _checked_topic(topic, one.get("topic")),
            _word(topic, one.get("payload_available", "online")),
            _word(topic, one.get("payload_not_available", "offline")),
            _pointer(topic, one.get("value_template")),
        )
        for one in each
    )


def _pointer(topic: str, template: object) -> str | None:
    if template is None:
        return None
    found = _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) else None
    if found is None:
        raise Refused(topic, f"template {template} is not understood")
    return found[1].replace(".", "/") if found[1] else None


def _checked_topic(topic: str, said: object) -> str:
    if not isinstance(said, str) or not _TOPIC.fullmatch(said):
        raise Refused(topic, f"{said} is no topic of one device")
    return said


def _optional_topic(topic: str, said: object) -> str | None:
    return None if said is None else _checked_topic(topic, said)


def _text(topic: str, said: Mapping[str, object], key: str, default: str) -> str:
    value = said.get(key)
    if value is not None and not isinstance(value, str):
        raise Refused(topic, f"{key} is no text")
    return value or default


def _word(topic: str, said: object) -> str:
    """As JSON writes it: that is what a mapping compares with."""
    if isinstance(said, bool):
        return str(said).lower()
    if said is None:
        return ""
    if isinstance(said, int | str):
        return str(said)
    raise Refused(topic, "a word is neither text nor true, false or a whole number")
