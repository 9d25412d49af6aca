"""Connections as they are written."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gateway.model.clock import SECOND
from gateway.site import fields as f
from gateway.site import modbus_fields as mf
from gateway.site.connection_model import Framing, Parity
from gateway.site.entry import Entry

SerialFraming = Literal[Framing.RTU, Framing.ASCII]


class TlsEntry(Entry):
    """Encrypted, and the server's certificate verified: always. `tls: {}` trusts what the system
    trusts."""

    ca: f.Line | None = None
    """File of the authority that signed the server's certificate, PEM; else the system's."""
    certificate: f.Line | None = None
    """File of the gateway's own certificate, PEM, where the server asks for one."""
    key: f.Line | None = None
    """File of that certificate's private key, PEM, without a password."""


def _given(value: object) -> object:
    """An empty `tls:` is no wish to go without."""
    if value is None:
        raise ValueError("expected {} for what the system trusts, or no tls at all")
    return value


Tls = Annotated[TlsEntry | None, BeforeValidator(_given, json_schema_input_type=TlsEntry)]


class ModbusEntry(Entry):
    """What every Modbus line has."""

    timeout: f.LinePatience = SECOND
    """How long to wait for one answer."""
    pause_after_connect: f.LinePause = 0
    """How long to wait before the first request on a new connection."""
    pause_between_requests: f.LinePause = 0
    """The least from one answer to the next request; a serial line rests 3.5 characters anyway."""
    close_after_cycle: bool = False
    """Whether to close the connection whenever nothing is due, for servers that take few."""


class ModbusTcpEntry(ModbusEntry):
    """One Modbus TCP server or gateway; units behind it are devices."""

    type: Literal["modbus-tcp"]
    """Modbus over TCP."""
    host: f.Host
    """Host name or address."""
    port: f.Port = 502
    """TCP port; with TLS usually 802."""
    framing: Framing = Framing.TCP
    """tcp; rtu or ascii where a converter passes on what a serial line carries."""
    tls: Tls = None
    """Without it the connection is not encrypted."""


class ModbusUdpEntry(ModbusEntry):
    """One Modbus server by UDP."""

    type: Literal["modbus-udp"]
    """Modbus over UDP."""
    host: f.Host
    """Host name or address."""
    port: f.Port = 502
    """UDP port."""
    framing: Framing = Framing.TCP
    """tcp; rtu or ascii where a converter passes on what a serial line carries."""


class Rs485Entry(Entry):
    """For ports whose transceiver the kernel switches by RTS. USB adapters mostly do it themselves:
    leave it out."""

    rts_to_send: Literal["high", "low"] = "high"
    """The level of RTS while the gateway sends."""
    delay_before_send: f.LinePause = 0
    """From switching to the first character."""
    delay_after_send: f.LinePause = 0
    """From the last character to switching back."""


class ModbusSerialEntry(ModbusEntry):
    """One serial line (RS-485, RS-232); the units on it are devices."""

    type: Literal["modbus-serial"]
    """Modbus over a serial line."""
    port: mf.DeviceFile
    """The port's device file; /dev/serial/by-id/… stays the same when adapters are replugged."""
    framing: SerialFraming = Framing.RTU
    """rtu or ascii."""
    baud: mf.Baud = 19_200
    """Bits per second."""
    parity: Parity = Parity.EVEN
    """even, odd or none."""
    data_bits: mf.DataBits = 8
    """8; with framing ascii also 7."""
    stop_bits: mf.StopBits = 1
    """1 or 2; without parity the standard asks for 2."""
    rs485: Rs485Entry | None = None
    """Only for ports whose transceiver the kernel switches."""


class MqttEntry(Entry):
    """One MQTT broker."""

    type: Literal["mqtt"]
    """MQTT over TCP."""
    host: f.Host
    """Host name or address."""
    port: f.Port = 1883
    """TCP port; with TLS usually 8883."""
    tls: Tls = None
    """Without it the connection is not encrypted."""
    client_id: f.Word
    """Names the gateway's session, which the broker keeps while the gateway is away. Unique."""
    username: f.Word | None = None
    """Leave out where the broker asks for none."""
    password: str | None = None
    """Better as ${NAME} from the environment than in the file."""
    password_file: f.Line | None = None
    """A file that holds the password alone, in place of `password`; relative to the folder of this
    file."""
    status: f.Topic | None = None
    """Where the gateway says, retained, that it is online, and the broker that it is offline;
    without it gatehouse/SITE/status."""
    share: f.ShortId | None = None
    """A group of MQTT clients: the broker gives each message to one of them ($share)."""
    rate: Annotated[int, Field(ge=1, le=100_000)] = 50
    """Readings of each device taken in a second; of what comes faster for over a minute only the
    newest."""
    discovery: tuple[f.Topic, ...] = ()
    """Prefixes, such as homeassistant, that `gatehouse discover` may look below for proposals."""


class RtspEntry(Entry):
    """Cameras read by one capture process."""

    type: Literal["rtsp"]
    """RTSP over TCP."""
    timeout: f.CameraPatience = 3_000_000
    """How long a picture may be missing before the camera is connected anew; at most 5s."""


class HeldEntry(Entry):
    """For zones, fire linkages and anti-passback areas that no panel holds."""

    type: Literal["gateway"]
    """The gateway itself holds their states."""


ConnectionEntry = Annotated[
    ModbusTcpEntry | ModbusUdpEntry | ModbusSerialEntry | MqttEntry | RtspEntry | HeldEntry,
    Field(discriminator="type"),
]
