"""What a parser is, why it may refuse a message, and the words every family shares."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from gateway.errors import Malformed
from gateway.model.clock import Micros
from gateway.model.point import Point
from gateway.model.reading import Quality, Reading, Value
from gateway.site.model import Device

Parser = Callable[[bytes, bool, Micros], Sequence[Reading]]
"""(payload, retained, received_at) → readings in order, none when the message says nothing of a
point. Raises Malformed, and nothing else, with a `Reason` as its problem. A reading whose time is
`received_at` has a `delivery` where the device never says the same message twice."""


class Reason(StrEnum):
    """Why a message was not understood: the codes of dead letters."""

    UNKNOWN_TOPIC = "unknown-topic"
    TOO_LARGE = "too-large"
    BAD_UTF8 = "bad-utf8"
    BAD_JSON = "bad-json"
    BAD_MESSAGE_ID = "bad-message-id"
    BAD_TIME = "bad-time"
    UNKNOWN_KEY = "unknown-key"
    WRONG_TYPE = "wrong-type"
    NO_VALUES = "no-values"
    UNKNOWN_WORD = "unknown-word"
    BAD_PROTOBUF = "bad-protobuf"
    BAD_SEQUENCE = "bad-sequence"
    NO_BIRTH = "no-birth"
    SEQUENCE_GAP = "sequence-gap"
    TOO_MANY = "too-many"
    """Overtaken by newer of the same device, which says more than it may."""
    OUT_OF_ORDER = "out-of-order"
    """Older than what the device has said before: taken in all the same, as STALE."""
    FAULT = "fault"
    """Of the gateway's own: what reads it has failed."""


def quality(retained: bool) -> Quality:
    """A retained message is from an unknown past: never fresh until a live one confirms it."""
    return Quality.STALE if retained else Quality.GOOD


def reading(point: Point, value: Value, at: Micros, received_at: Micros, retained: bool) -> Reading:
    """None is a value that cannot be so. What is retained is news of now, and doubtful: at the
    device's instant a history has the device's own word, which nothing may replace."""
    trust = Quality.BAD if value is None else quality(retained)
    return Reading(point.id, value, received_at if retained else at, received_at, trust)


def word(device: Device, payload: bytes) -> str:
    """The payload as text, exactly as said: families differ in case, and none is guessed at."""
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Malformed(device.id, Reason.BAD_UTF8) from error


def presence(device: Device, here: str = "online", gone: str = "offline") -> Parser:
    """`gone` puts every point OFFLINE, retained or not: it is the device's last will. `here` says
    nothing of any point: the device's next message does."""

    def parse(payload: bytes, _retained: bool, received_at: Micros) -> Sequence[Reading]:
        said = word(device, payload)
        if said == here:
            return ()
        if said == gone:
            return offline(device, received_at)
        raise Malformed(device.id, Reason.UNKNOWN_WORD)

    return parse


def offline(device: Device, at: Micros) -> list[Reading]:
    """Nothing is known of any of the device's points."""
    return [Reading(point.id, None, at, at, Quality.OFFLINE) for point in device.told]
