"""The firmware families that can be simulated, each in a module of its own."""

from collections.abc import Mapping
from enum import StrEnum

from simulators.styles import (
    esphome,
    gatehouse_json,
    home_assistant,
    shelly_gen2,
    tasmota,
    zigbee2mqtt,
)
from simulators.styles.speech import Speech


class Style(StrEnum):
    """By the names of the gateway's profiles."""

    ESPHOME = "esphome"
    GATEHOUSE_JSON = "gatehouse-json"
    HOME_ASSISTANT = "home-assistant"
    """Doors only."""
    SHELLY_GEN2 = "shelly-gen2"
    TASMOTA = "tasmota"
    ZIGBEE2MQTT = "zigbee2mqtt"


SPEECHES: Mapping[Style, Speech] = {
    Style.ESPHOME: esphome.SPEECH,
    Style.GATEHOUSE_JSON: gatehouse_json.SPEECH,
    Style.HOME_ASSISTANT: home_assistant.SPEECH,
    Style.SHELLY_GEN2: shelly_gen2.SPEECH,
    Style.TASMOTA: tasmota.SPEECH,
    Style.ZIGBEE2MQTT: zigbee2mqtt.SPEECH,
}
