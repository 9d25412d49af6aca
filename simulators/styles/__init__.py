"""The firmware families that can be simulated, each in a module of its own."""

from collections.abc import Mapping
from enum import StrEnum

from simulators.styles import (
    esp_rfid,
    esphome,
    frigate,
    gatehouse_json,
    home_assistant,
    mapped,
    shelly_gen2,
    sparkplug_b,
    tasmota,
    zigbee2mqtt,
)
from simulators.styles.speech import Speech


class Style(StrEnum):
    """By the names of the gateway's profiles."""

    ESP_RFID = "esp-rfid"
    ESPHOME = "esphome"
    FRIGATE = "frigate"
    """No doors: lines and plates."""
    GATEHOUSE_JSON = "gatehouse-json"
    HOME_ASSISTANT = "home-assistant"
    """Doors only."""
    MAPPED = "mapped"
    """Doors only; whatever a mapping is called."""
    SHELLY_GEN2 = "shelly-gen2"
    SPARKPLUG_B = "sparkplug-b"
    TASMOTA = "tasmota"
    ZIGBEE2MQTT = "zigbee2mqtt"


SPEECHES: Mapping[Style, Speech] = {
    Style.ESP_RFID: esp_rfid.SPEECH,
    Style.ESPHOME: esphome.SPEECH,
    Style.FRIGATE: frigate.SPEECH,
    Style.GATEHOUSE_JSON: gatehouse_json.SPEECH,
    Style.HOME_ASSISTANT: home_assistant.SPEECH,
    Style.MAPPED: mapped.SPEECH,
    Style.SHELLY_GEN2: shelly_gen2.SPEECH,
    Style.SPARKPLUG_B: sparkplug_b.SPEECH,
    Style.TASMOTA: tasmota.SPEECH,
    Style.ZIGBEE2MQTT: zigbee2mqtt.SPEECH,
}
