"""What DESCRIBE says of a stream (RFC 4566; H.264: RFC 6184, 8.2.1)."""

from base64 import b64encode

from simulators.live_stream import LiveStream
from simulators.rtp import CLOCK_RATE, PAYLOAD_TYPE

TRACK = "trackID=0"
"""The one track's URL, relative to the stream's."""


def describe(stream: LiveStream) -> bytes:
    """The stream's session description: a decoder can start from it."""
    sets = stream.parameter_sets
    sprop = ",".join(b64encode(unit).decode() for unit in (sets.sps, sets.pps))
    lines = (
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        f"s={stream.name}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=range:npt=now-",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_RATE}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1"
        f";profile-level-id={sets.profile_level_id};sprop-parameter-sets={sprop}",
        f"a=framerate:{stream.frame_rate}",
        f"a=control:{TRACK}",
        "",
    )
    return "\r\n".join(lines).encode()
