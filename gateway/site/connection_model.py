"""How devices are reached: frozen, checked, as the drivers see it."""

from dataclasses import dataclass, field
from pathlib import Path

from gateway.model.clock import Micros


@dataclass(frozen=True, slots=True)
class ModbusTcp:
    """One Modbus TCP server: one line, one request at a time (Modbus Messaging on TCP/IP, 4.2)."""

    id: str
    host: str
    port: int
    timeout: Micros


@dataclass(frozen=True, slots=True)
class Tls:
    """An encrypted connection whose server is always verified: by `ca`, or by what the system
    trusts. `certificate` and `key` are the gateway's own; all are PEM files."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class MqttBroker:
    """One broker and the persistent session the gateway keeps there. `discovery`: the prefixes
    below which devices may describe themselves to an engineer who asks. `password_file` holds the
    password where `password` is None. `status`: the topic that says whether the gateway is there,
    None for none. `share`: the group whose members the broker shares messages out to. `rate`: how
    many readings of each device are taken in a second."""

    id: str
    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    discovery: tuple[str, ...] = ()
    password_file: Path | None = None
    status: str | None = None
    share: str | None = None
    rate: int = 50


@dataclass(frozen=True, slots=True)
class RtspCameras:
    """A group of RTSP cameras read by one capture process."""

    id: str
    timeout: Micros


@dataclass(frozen=True, slots=True)
class Held:
    """No connection: the gateway itself holds the state of what is on it."""

    id: str


Connection = ModbusTcp | MqttBroker | RtspCameras | Held
