"""How devices are reached: frozen, checked, as the drivers see it."""

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from gateway.model.clock import SECOND, Micros


@dataclass(frozen=True, slots=True)
class Tls:
    """An encrypted connection whose server is always verified: by `ca`, or by what the system
    trusts. `certificate` and `key` are the gateway's own; all are PEM files."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Framing(StrEnum):
    """How a Modbus message is framed: TCP carries a transaction number, the others a checksum and
    nothing that tells one answer from another."""

    TCP = "tcp"
    RTU = "rtu"
    ASCII = "ascii"


class Parity(StrEnum):
    """The parity bit of each character on a serial line."""

    EVEN = "even"
    ODD = "odd"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Tcp:
    """A Modbus server's TCP port; encrypted where `tls` is given (Modbus/TCP Security)."""

    host: str
    port: int
    tls: Tls | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Udp:
    """A Modbus server's UDP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port} (UDP)"


@dataclass(frozen=True, slots=True)
class Rs485:
    """The kernel switches the transceiver by RTS (TIOCSRS485); where an adapter does it by itself
    none of this is needed. `rts_high_to_send`: the level of RTS while sending, the other one while
    not. The delays are microseconds before the first character and after the last."""

    rts_high_to_send: bool = True
    delay_before_send: Micros = 0
    delay_after_send: Micros = 0


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial port, `port` being its device file."""

    port: str
    baud: int = 19_200
    parity: Parity = Parity.EVEN
    data_bits: int = 8
    stop_bits: int = 1
    rs485: Rs485 | None = None

    @property
    def character(self) -> Micros:
        """How long one character takes, start, parity and stop bits included."""
        bits = 1 + self.data_bits + (self.parity is not Parity.NONE) + self.stop_bits
        return bits * SECOND // self.baud

    def __str__(self) -> str:
        return self.port


Transport = Tcp | Udp | Serial


@dataclass(frozen=True, slots=True)
class ModbusLine:
    """One physical line: one request at a time (Modbus Messaging on TCP/IP, 4.2). Connections with
    the same `place` are one line. `timeout` is for one answer, `pause_between_requests` the least
    from an answer to the next request."""

    id: str
    transport: Transport
    framing: Framing
    timeout: Micros = SECOND
    pause_after_connect: Micros = 0
    pause_between_requests: Micros = 0
    close_after_cycle: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """Where the line ends: two names of one serial port are one place."""
        if isinstance(self.transport, Serial):
            return "serial", os.path.realpath(self.transport.port)
        carrier = "udp" if isinstance(self.transport, Udp) else "tcp"
        return carrier, f"{self.transport.host.lower()}:{self.transport.port}"


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


Connection = ModbusLine | MqttBroker | RtspCameras | Held
