"""Connections as they are written."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.site import fields as f
from gateway.site.entry import Entry


class ModbusTcpEntry(Entry):
    """One Modbus TCP server or gateway; units behind it are devices."""

    type: Literal["modbus-tcp"]
    """Modbus over TCP."""
    host: f.Host
    """Host name or address."""
    port: f.Port = 502
    """TCP port."""
    timeout: f.Lasting = 1_000_000
    """How long to wait for one answer."""


class TlsEntry(Entry):
    """Encrypted, and the server's certificate verified: always. `tls: {}` trusts what the system
    trusts."""

    ca: f.Line | None = None
    """File of the authority that signed the server's certificate, PEM; else the system's."""
    certificate: f.Line | None = None
    """File of the gateway's own certificate, PEM, where the server asks for one."""
    key: f.Line | None = None
    """File of that certificate's private key, PEM, without a password."""


class MqttEntry(Entry):
    """One MQTT broker."""

    type: Literal["mqtt"]
    """MQTT over TCP."""
    host: f.Host
    """Host name or address."""
    port: f.Port = 1883
    """TCP port; with TLS usually 8883."""
    tls: TlsEntry | None = None
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
    ModbusTcpEntry | MqttEntry | RtspEntry | HeldEntry, Field(discriminator="type")
]
