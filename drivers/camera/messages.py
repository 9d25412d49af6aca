"""What the driver tells its capture process, and what that answers: one JSON object a line."""

import msgspec

from drivers.camera.crossing import Box, Direction
from gateway.model.clock import Micros
from gateway.site.model import CameraAddress


class Order(msgspec.Struct, frozen=True):
    """The first line to the capture process, which works until its standard input closes.

    `snapshots` is a folder. `clock_ahead` is how far the gateway's clock is ahead of
    CLOCK_MONOTONIC, which is one for the whole machine: so both processes tell the same time.
    """

    cameras: dict[str, CameraAddress]
    timeout: Micros
    snapshots: str
    clock_ahead: Micros


class Look(msgspec.Struct, frozen=True):
    """Each further line: somebody wants to see what that camera sees from now on."""

    camera: str


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


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """The picture that arrived `at`, the first after a Look: a JPEG."""

    camera: str
    at: Micros
    jpeg: bytes


class Alive(msgspec.Struct, frozen=True, tag="alive"):
    """The capture process has nothing else to say."""


Report = Live | Lost | Crossed
Message = Report | Seen | Alive

_messages: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
encode = msgspec.json.Encoder().encode
decode_look = msgspec.json.Decoder(Look).decode
decode_order = msgspec.json.Decoder(Order).decode


def decode_message(line: bytes) -> Message:
    """Raises msgspec.MsgspecError."""
    message: Message = _messages.decode(line)
    return message
