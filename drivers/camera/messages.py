"""What the driver tells its capture process, and what that answers: one JSON object a line."""

import msgspec

from drivers.camera.crossing import Box, Direction
from gateway.model.clock import Micros
from gateway.site.model import CameraAddress


class Order(msgspec.Struct, frozen=True):
    """The first and only line to the capture process; it works until its standard input closes.

    `snapshots` is a folder. `clock_ahead` is how far the gateway's clock is ahead of
    CLOCK_MONOTONIC, which is one for the whole machine: so both processes tell the same time.
    """

    cameras: dict[str, CameraAddress]
    timeout: Micros
    snapshots: str
    clock_ahead: Micros


class Live(msgspec.Struct, frozen=True, tag="live"):
    """The camera's picture taken `at` has arrived and was decoded."""

    camera: str
    at: Micros


class Lost(msgspec.Struct, frozen=True, tag="lost"):
    """The camera gives no pictures since `at`. Told once, until it is live again."""

    camera: str
    at: Micros
    reason: str


class Crossed(msgspec.Struct, frozen=True, tag="crossed"):
    """Someone crossed a line in the picture that arrived `at`.

    `snapshot` is the name of a file already written, None if it could not be.
    """

    camera: str
    at: Micros
    line: str
    direction: Direction
    box: Box
    snapshot: str | None


class Alive(msgspec.Struct, frozen=True, tag="alive"):
    """The capture process has nothing else to say."""


Report = Live | Lost | Crossed
Message = Report | Alive

_messages: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
encode = msgspec.json.Encoder().encode
decode_order = msgspec.json.Decoder(Order).decode


def decode_message(line: bytes) -> Message:
    """Raises msgspec.MsgspecError."""
    message: Message = _messages.decode(line)
    return message
