"""esp-rfid, the door controller with a card reader: one door, on a topic of its own.

`esp-rfid` speaks as 1.3.4 and 2.x do, `esp-rfid-1` as 1.0 to 1.3.3.

`<topic>/send`     JSON: `type` boot, heartbeat, access (a card), INFO, WARN, ERRO (what happened)
`<topic>/sync`     the same, from 1.3 controllers: boot and heartbeat
`<topic>/avty`     online | offline, retained, with "MQTT Home Assistant" switched on; then also
`<topic>/io/door`, `io/tamper`, `io/lock0` (1.x: `io/lock`)   ON | OFF, LOCKED | UNLOCKED
`<topic>/tag`      a card, in place of `type` access on `send`

`entities`: `access: HOSTNAME` takes only messages of that controller; `lock: IP` is its address,
without which it cannot be asked to open.

The firmware says a state when it changes or when it connects, at QoS 0 and not retained, so a
heartbeat on the same connection means that it still holds. Its clock counts the estate's own time
where it has one at all, and it sends nothing later than at once: the gateway's time is taken.

Source: esp-rfid's README-MQTT.md, README-ADDON.md, src/mqtt.esp, src/door.esp, src/rfid.esp; its
issues 173, 343, 392, 584, 629, 630.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address

import msgspec

from drivers.mqtt.profiles.json_message import decoded_object
from drivers.mqtt.profiles.order import Order, Orders
from drivers.mqtt.profiles.parser import Parser, Reason, offline, quality, word
from gateway.errors import BadConfig, Malformed
from gateway.model.clock import SECOND, Micros
from gateway.model.command import Action, Command
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading, Value
from gateway.site.model import Device, MqttAddress

AFTER_RESTART: Micros = 10 * SECOND
"""So soon after it connected, an exit button is not pressed: the input is only read for the first
time (esp-rfid 584)."""


@dataclass(frozen=True, slots=True)
class Firmware:
    """What one generation says differently."""

    host: str
    """The key that names the controller."""
    lock: str
    """The topic of its relay."""
    orders: str
    """Where it hears, below its topic."""


NEW = Firmware(host="hostname", lock="io/lock0", orders="/cmd")
OLD = Firmware(host="door", lock="io/lock", orders="")

_POINTS = {"contact", "lock", "tamper", "access"}
_DOOR = {"ON": "open", "OFF": "closed"}
_LOCK = {"LOCKED": "locked", "UNLOCKED": "unlocked"}
_LOGGED_DOOR = {"Door Open": "open", "Door Closed": "closed"}
_TAMPERED = "Door was tampered!"
_HELD_OPEN = "Door wasn't closed within max open time!"
_GRANTED = {"Always", "Admin"}
_DENIED = {"Denied": "unknown-credential", "Disabled": "disabled", "Expired": "expired"}
_BUTTON, _REMOTE = "Button", "MQTT"
"""The names under which an exit button and an order open."""
_OF_ITSELF = {"boot", "heartbeat"}
_LOG = {"INFO", "WARN", "ERRO"}
_ANSWERS = {"adduser", "deletuid", "deletusers", "getconf", "updateconf"}


def routes(device: Device, topic: str, firmware: Firmware) -> Mapping[str, Parser]:
    """Any of contact, lock, tamper and access."""
    names = {point.id.rpartition("/")[2] for point in device.told}
    if not names <= _POINTS:
        unfit = ", ".join(sorted(names - _POINTS))
        raise BadConfig(device.id, f"esp-rfid cannot tell {unfit}", "leave that point out")
    controller = _Controller(device, firmware, names)
    return {
        f"{topic}/send": controller.send,
        f"{topic}/sync": controller.send,
        f"{topic}/tag": controller.tag,
        f"{topic}/avty": controller.available,
        f"{topic}/io/door": partial(controller.state, "contact", _DOOR),
        f"{topic}/{firmware.lock}": partial(controller.state, "lock", _LOCK),
        f"{topic}/io/tamper": controller.tamper,
    }


def orders(device: Device, topic: str, firmware: Firmware) -> Orders:
    """Open, for as long as its relay is set to; nothing where its address is not known. It knows no
    id and no expiry."""
    said = _entity(device, "lock")
    if said is None or Action.OPEN not in device.commands:
        return {}
    try:
        address = str(IPv4Address(said))
    except ValueError as error:
        remedy = "write entities: {lock: 192.168.1.20}, the controller's address"
        raise BadConfig(device.id, f"lock '{said}' is no IPv4 address", remedy) from error
    payload = msgspec.json.encode({"cmd": "opendoor", "doorip": address})

    def order(_command: Command) -> Order:
        return Order(topic + firmware.orders, payload)

    return {Action.OPEN: order}


def _entity(device: Device, point: str) -> str | None:
    return device.address.entities.get(point) if isinstance(device.address, MqttAddress) else None


class _Controller:
    """One controller since it connected, as far as the gateway has heard it."""

    def __init__(self, device: Device, firmware: Firmware, points: set[str]) -> None:
        self._device = device
        self._firmware = firmware
        self._points = points
        self._host = _entity(device, "access")
        self._connected_at: Micros | None = None
        self._holds: dict[str, str] = {}
        """Live states of contact and lock since it connected."""
        self._tamper_doubted = True
        """Whether the next OFF may be what it says whenever it connects."""

    def available(self, payload: bytes, _retained: bool, received_at: Micros) -> Sequence[Reading]:
        match word(self._device, payload):
            case "online":
                self._connect(received_at)
                return ()
            case "offline":
                self._holds.clear()
                return offline(self._device, received_at)
        raise Malformed(self._device.id, Reason.UNKNOWN_WORD)

    def state(
        self,
        point: str,
        words: Mapping[str, str],
        payload: bytes,
        retained: bool,
        received_at: Micros,
    ) -> Sequence[Reading]:
        value = words.get(word(self._device, payload), UNKNOWN_STATE)
        return self._state(point, value, retained, received_at)

    def tamper(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        match word(self._device, payload):
            case "ON":
                return self._tampered(retained, received_at)
            case "OFF":
                return self._restored(retained, received_at)
        return self._said("tamper", UNKNOWN_STATE, quality(retained), received_at)

    def tag(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = decoded_object(self._device.id, payload)
        return self._access({"isKnown": "true", **said}, retained, received_at)

    def send(self, payload: bytes, retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = decoded_object(self._device.id, payload)
        if not self._is_mine(said):
            return ()
        type_ = said.get("type", said.get("command"))
        if not isinstance(type_, str):
            raise Malformed(self._device.id, Reason.WRONG_TYPE)
        if type_ == "access":
            return self._access(said, retained, received_at)
        if type_ in _OF_ITSELF:
            return self._alive(type_ == "boot", retained, received_at)
        if type_ in _LOG:
            return self._logged(said, retained, received_at)
        if type_ in _ANSWERS or type_ == "userfile":
            return ()
        raise Malformed(self._device.id, Reason.UNKNOWN_WORD)

    def _is_mine(self, said: Mapping[str, object]) -> bool:
        other = {"hostname", "door"} - {self._firmware.host}
        if other & said.keys():  # the other generation's: its orders go elsewhere
            raise Malformed(self._device.id, Reason.UNKNOWN_KEY)
        return self._host is None or said.get(self._firmware.host, self._host) == self._host

    def _connect(self, at: Micros) -> None:
        self._connected_at, self._tamper_doubted = at, True
        self._holds.clear()

    def _alive(self, connected: bool, retained: bool, received_at: Micros) -> Sequence[Reading]:
        if retained:
            return ()
        if connected:
            self._connect(received_at)
        return [
            reading
            for point, value in self._holds.items()
            for reading in self._said(point, value, Quality.GOOD, received_at)
        ]

    def _logged(
        self, said: Mapping[str, object], retained: bool, received_at: Micros
    ) -> Sequence[Reading]:
        source, text = said.get("src"), said.get("desc")
        if not isinstance(source, str) or not isinstance(text, str):
            raise Malformed(self._device.id, Reason.WRONG_TYPE)
        if source == "door":
            value = _LOGGED_DOOR.get(text, UNKNOWN_STATE)
            shut = self._restored(retained, received_at) if value == "closed" else []
            return [*self._state("contact", value, retained, received_at), *shut]
        if source == "tamper" and text == _TAMPERED:
            return self._tampered(retained, received_at)
        if source == "tamper" and text != _HELD_OPEN:
            return self._said("tamper", UNKNOWN_STATE, quality(retained), received_at)
        return ()

    def _state(
        self, point: str, value: str, retained: bool, received_at: Micros
    ) -> Sequence[Reading]:
        if not retained:
            self._holds[point] = value
        return self._said(point, value, quality(retained), received_at)

    def _tampered(self, retained: bool, received_at: Micros) -> Sequence[Reading]:
        return self._said("tamper", "tampered", quality(retained), received_at)

    def _restored(self, retained: bool, received_at: Micros) -> Sequence[Reading]:
        doubted, self._tamper_doubted = self._tamper_doubted, False
        return self._said("tamper", "ok", quality(retained or doubted), received_at)

    def _access(
        self, said: Mapping[str, object], retained: bool, received_at: Micros
    ) -> Sequence[Reading]:
        result, reason = self._decision(said)
        holder, credential = said.get("username"), said.get("uid")
        if not isinstance(holder, str) or not isinstance(credential, str):
            raise Malformed(self._device.id, Reason.WRONG_TYPE)
        if holder == _BUTTON and not credential.strip():
            reason = "exit-button"
            if self._just_connected(received_at):
                result, reason = UNKNOWN_STATE, "restart"
        elif holder == _REMOTE and not credential.strip():
            reason = "remote"
        event = {"result": result, "credential": credential.strip(), "holder": holder}
        value = {name: text for name, text in (event | {"reason": reason}).items() if text}
        return self._said("access", value, quality(retained), received_at)

    def _decision(self, said: Mapping[str, object]) -> tuple[str, str]:
        """Result and reason. A controller with several relays lists them: the door is the first."""
        access, known = said.get("access"), said.get("isKnown")
        if isinstance(access, list) and access:
            access = access[0]
        if not isinstance(access, str) or not isinstance(known, str):
            raise Malformed(self._device.id, Reason.WRONG_TYPE)
        if access in _GRANTED and known == "true":
            return "granted", ""
        return ("denied", _DENIED[access]) if access in _DENIED else (UNKNOWN_STATE, "")

    def _just_connected(self, at: Micros) -> bool:
        return self._connected_at is not None and at - self._connected_at < AFTER_RESTART

    def _said(
        self, point: str, value: Value, trust: Quality, received_at: Micros
    ) -> Sequence[Reading]:
        if point not in self._points:
            return ()
        id_ = f"{self._device.id}/{point}"
        return [Reading(id_, value, received_at, received_at, trust)]
