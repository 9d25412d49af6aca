"""What devices say of themselves, as entries of a site file, or why not."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.discovery.proposals import Proposals, proposals
from gateway.site.load import load_site
from gateway.site.model import MqttAddress
from tests.captures import captured

PREFIXES = ("homeassistant",)
REAL = [(said.topic, said.payload) for said in captured("home-assistant/discovery")]
HEAD = """\
site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
connections:
  broker: {type: mqtt, host: 127.0.0.1, client_id: court, discovery: [homeassistant]}
"""


def proposed(**said: object) -> Proposals:
    """What one binary sensor proposes: a door, with these keys changed or (None) left out."""
    whole: dict[str, object] = {
        "state_topic": "estate/door/state",
        "device_class": "door",
        "unique_id": "d1",
        **said,
    }
    payload = json.dumps({key: value for key, value in whole.items() if value is not None})
    topic = "homeassistant/binary_sensor/d1/config"
    return proposals("broker", PREFIXES, [(topic, payload.encode())])


def test_each_device_becomes_one_entry_with_its_mapping() -> None:
    found = proposals("broker", PREFIXES, REAL)
    made = {str(proposal.device["topic"]): proposal for proposal in found.made}
    assert set(made) == {
        "rfid/front",
        "zigbee2mqtt/cellar",
        "zigbee2mqtt/attic",
        "estate/gate",
        "estate/siren",
    }
    assert made["zigbee2mqtt/cellar"].mapping == {
        "kind": "door",
        "points": {
            "battery": {"pointer": "/battery"},
            "contact": {"pointer": "/contact", "states": {"false": "open", "true": "closed"}},
        },
        "presence": {
            "topic": "availability",
            "online": "online",
            "offline": "offline",
            "pointer": "/state",
        },
    }
    assert made["estate/gate"].mapping["orders"] == {
        "open": {"topic": "set", "payload": "OPEN"},
        "close": {"topic": "set", "payload": "CLOSE"},
        "stop": {"topic": "set", "payload": "STOP"},
    }
    assert made["estate/siren"].mapping["presence"] == {
        "topic": "LWT",
        "online": "Online",
        "offline": "Offline",
    }
    assert made["zigbee2mqtt/cellar"].left_out == [
        "availability on zigbee2mqtt/bridge/state is left out"
    ]


def test_what_is_not_proposed_is_told_with_its_reason() -> None:
    refused = proposals("broker", PREFIXES, REAL).refused
    assert refused == {
        "homeassistant/binary_sensor/front/doorbell/config": (
            "binary_sensor of class sound is nothing Gatehouse has a point for"
        ),
        "homeassistant/binary_sensor/smoke/config": (
            "binary_sensor of class smoke is nothing Gatehouse has a point for"
        ),
        "homeassistant/light/lamp/config": ("component light is nothing Gatehouse has a kind for"),
    }


def test_a_proposal_can_stand_in_a_site_file_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text(HEAD + proposed().as_yaml(), "utf-8")
    (door,) = load_site(file, {}).devices
    assert (door.id, door.kind, [p.id for p in door.told]) == ("d1", "door", ["d1/contact"])
    assert isinstance(door.address, MqttAddress)
    assert door.address.mapping is not None
    assert door.address.mapping.points["contact"].states == {"ON": "open", "OFF": "closed"}


def test_one_word_for_two_orders_is_none() -> None:
    found = proposals("broker", PREFIXES, REAL)
    (front,) = (made for made in found.made if made.device["topic"] == "rfid/front")
    assert "orders" not in front.mapping
    assert front.left_out == [
        "lock on rfid/front/cmd is left out",
        "unlock on rfid/front/cmd is left out",
    ]


def test_what_is_left_out_stands_above_as_remarks() -> None:
    text = proposals("broker", PREFIXES, REAL).as_yaml()
    remarks = [line for line in text.splitlines() if line.startswith("#")]
    assert len(remarks) == 7
    assert list(yaml.safe_load(text)) == ["mappings", "devices"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"value_template": "{{ value_json.a | int }}"}, "template {{ value_json.a | int }}"),
        ({"value_template": "{% if value %}ON{% endif %}"}, "template {% if value %}"),
        ({"value_template": "{{ value_json['a'] }}"}, "template {{ value_json['a'] }}"),
        ({"value_template": 5}, "template 5"),
        ({"optimistic": True}, "key optimistic is not understood"),
        ({"off_delay": 5}, "key off_delay is not understood"),
        ({"encoding": "utf-16"}, "key encoding is not understood"),
        ({"state_topic": "estate/+/state"}, "estate/+/state is no topic"),
        ({"state_topic": None}, "None is no topic"),
        ({"payload_on": "OFF"}, "contact has one word for two states"),
        ({"payload_on": ""}, "contact has one word for two states"),
        ({"payload_on": {}}, "a word is neither text"),
        ({"device": []}, "device is no object"),
        ({"device_class": "gas"}, "binary_sensor of class gas"),
        ({"availability": ["x"]}, "availability is no list of topics"),
        ({"stat_t": "a/b"}, "key state_topic is there twice"),
        ({"name": "${PGPASSWORD}"}, "says ${…}, which a site file would fill in"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(said: Mapping[str, object], why: str) -> None:
    found = proposed(**said)
    assert found.made == []
    assert [told.startswith(why) for told in found.refused.values()] == [True]


def test_a_name_cannot_say_anything_else_in_the_file() -> None:
    name = "x\ndevices: []\n# \u2028 site:\x85 data"
    text = proposed(name=name, device_class="gas", unique_id=name).as_yaml()
    assert yaml.safe_load(text) == {"mappings": {}, "devices": []}
    entry = yaml.safe_load(proposed(name=name).as_yaml())["devices"][0]
    assert entry["name"] == "x devices: [] #   site:  data"


def test_a_message_can_describe_a_whole_device() -> None:
    said = {
        "dev": {"ids": "0AFFD2", "name": "Shed"},
        "o": {"name": "bla2mqtt"},
        "stat_t": "estate/shed/state",
        "cmps": {
            "contact": {"p": "binary_sensor", "dev_cla": "door", "val_tpl": "{{ value_json.c }}"},
            "warmth": {"p": "sensor", "dev_cla": "temperature", "val_tpl": "{{ value_json.t }}"},
        },
    }
    topic = "homeassistant/device/0AFFD2/config"
    found = proposals("broker", PREFIXES, [(topic, json.dumps(said).encode())])
    (shed,) = found.made
    assert (shed.device["id"], shed.device["name"]) == ("0affd2", "Shed")
    assert shed.mapping["points"] == {
        "contact": {"pointer": "/c", "states": {"ON": "open", "OFF": "closed"}}
    }
    assert list(found.refused) == [f"{topic} warmth"]


def test_two_devices_never_have_one_id() -> None:
    found = proposals(
        "broker",
        PREFIXES,
        [
            (
                f"homeassistant/binary_sensor/{number}/config",
                json.dumps(
                    {
                        "stat_t": f"estate/{number}",
                        "dev_cla": "door",
                        "dev": {"ids": "Tür" + "!" * number},
                    }
                ).encode(),
            )
            for number in range(4)
        ],
    )
    assert len({proposal.device["id"] for proposal in found.made}) == 4


def test_a_toggle_and_an_order_on_the_topic_of_the_state_are_left_out() -> None:
    payload = {
        "stat_t": "a/b/state",
        "cmd_t": "a/b/set",
        "pl_open": "TOGGLE",
        "uniq_id": "g",
    }
    topic = "homeassistant/cover/g/config"
    (gate,) = proposals("broker", PREFIXES, [(topic, json.dumps(payload).encode())]).made
    assert gate.left_out == ["open on a/b/set is left out"]
    payload["cmd_t"] = payload["stat_t"]
    (gate,) = proposals("broker", PREFIXES, [(topic, json.dumps(payload).encode())]).made
    assert "orders" not in gate.mapping


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=5,
)
keys = st.sampled_from(
    [
        "~",
        "stat_t",
        "state_topic",
        "cmd_t",
        "dev_cla",
        "dev",
        "avty",
        "avty_t",
        "val_tpl",
        "pl_on",
        "cmps",
    ]
)
known = st.sampled_from(["a/b", "door", "~/x", "{{ value }}", "ON"])
payloads = st.binary() | st.dictionaries(keys, values | known).map(lambda v: json.dumps(v).encode())
components = st.sampled_from(["device", "binary_sensor", "lock", "cover", "siren", "light"])


@given(st.lists(st.tuples(components, payloads), max_size=4))
def test_whatever_is_said_the_text_is_yaml_with_nothing_but_proposals(
    said: list[tuple[str, bytes]],
) -> None:
    messages = [(f"homeassistant/{it}/x{n}/config", raw) for n, (it, raw) in enumerate(said)]
    found = proposals("broker", PREFIXES, messages)
    text = yaml.safe_load(found.as_yaml())
    assert set(text) == {"mappings", "devices"}
    assert len(text["devices"]) == len(found.made)


def test_what_users_logged_is_proposed() -> None:
    said = [(each.topic, each.payload) for each in captured("home-assistant/issues")]
    found = proposals("broker", PREFIXES, said)
    assert [proposal.device["topic"] for proposal in found.made] == [
        "zigbee2mqtt/porte",
        "zigbee2mqtt/0x54ef441000db6a08",
    ]
    for proposal in found.made:
        points = proposal.mapping["points"]
        assert isinstance(points, dict)
        shut = {"pointer": "/contact", "states": {"false": "open", "true": "closed"}}
        assert points["contact"] == shut
    assert list(found.refused) == ["homeassistant/binary_sensor/ems-esp/system_status/config"]


def test_what_zigbee2mqtt_says_makes_two_doors_and_its_bridge_is_none() -> None:
    said = [(each.topic, each.payload) for each in captured("home-assistant/zigbee2mqtt")]
    found = proposals("broker", PREFIXES, said)
    made = {proposal.device["topic"]: proposal.mapping for proposal in found.made}
    assert list(made) == ["zigbee2mqtt/gate", "zigbee2mqtt/lock"]
    assert made["zigbee2mqtt/lock"]["orders"] == {
        "lock": {"topic": "set", "payload": "LOCK"},
        "unlock": {"topic": "set", "payload": "UNLOCK"},
    }
    bridge = found.refused["zigbee2mqtt_bridge_0x00000000000000aa"]
    assert bridge == "tells fault alone, which makes no door"
    assert sum(topic.startswith("homeassistant/") for topic in found.refused) == 22
