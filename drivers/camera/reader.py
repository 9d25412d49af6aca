"""Pictures of one RTSP stream as they arrive, decoded; every failure as Unreachable or Refused."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import av
import numpy as np
from av.container import InputContainer

from drivers.camera.motion import Grey
from gateway.errors import Refused, Unreachable
from gateway.model.clock import SECOND, Clock, Micros

_OPTIONS = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    # Not waiting to learn what the session description already says: 0.1 s instead of 2.8 s.
    "fflags": "nobuffer",
    "analyzeduration": "0",
    "probesize": "32",
}
_LUMA_FIRST = {"gray", "nv12", "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"}
"""Pixel formats whose first plane is 8-bit luma."""

Arrival = tuple[av.VideoFrame, Micros]
"""A picture and the instant it came."""


def pictures(url: str, timeout: Micros, clock: Clock) -> Generator[Arrival]:
    """Connects and yields every new, whole picture with the instant it arrived. Never ends.

    Raises Unreachable when the camera cannot be connected to, ends the stream, or gives no new
    picture for `timeout`, though it may send something; Refused when it wants other credentials.
    """
    seconds = timeout / SECOND
    with (
        _translated(url),
        av.open(url, "r", options=_OPTIONS, timeout=(seconds, seconds)) as container,
    ):
        yield from _decoded(container, url, timeout, clock)


def luma(frame: av.VideoFrame) -> Grey:
    """The brightness of each pixel, without a copy where the format allows."""
    if frame.format.name not in _LUMA_FIRST:
        frame = frame.reformat(format="gray", threads=1)
    plane = frame.planes[0]
    rows: Grey = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]  # PyAV's planes are buffers (PEP 688), which its stubs do not say
    return rows[: plane.height, : plane.width]


def without_credentials(url: str) -> str:
    """The address without what stands before the @: fit for logs and for people."""
    return re.sub(r"(?<=://)[^/?#]*@", "", url)


def _decoded(
    container: InputContainer, url: str, timeout: Micros, clock: Clock
) -> Generator[Arrival]:
    if not container.streams.video:
        raise Unreachable(without_credentials(url), "has no video stream")
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    newest, last_pts = clock(), None
    for packet in container.demux(stream):
        now = clock()
        for frame in _whole_frames(packet):
            # A repeated time stamp is a frozen picture. One that jumps back is a camera restarted.
            if frame.pts is not None and frame.pts != last_pts:
                newest, last_pts = now, frame.pts
                yield frame, now
        if now - newest > timeout:
            raise Unreachable(without_credentials(url), "sends no picture that can be decoded")
    raise Unreachable(without_credentials(url), "ended the stream")


def _whole_frames(packet: "av.Packet[av.VideoStream]") -> list[av.VideoFrame]:
    """The packet's pictures without damaged ones; a packet of garbage has none."""
    try:
        return [frame for frame in packet.decode() if not frame.is_corrupt]
    except av.error.InvalidDataError:
        return []


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """PyAV's errors as ours. Not chained: their text holds the address with its password."""
    address = without_credentials(url)
    try:
        yield
    except (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError):
        raise Refused(address, "user name or password not accepted") from None
    except av.error.InvalidDataError:  # FFmpeg says so of a camera that says nothing, too
        raise Unreachable(address, "gives no RTSP answer that makes sense in time") from None
    except (av.error.ExitError, av.error.TimeoutError):
        raise Unreachable(address, "does not answer in time") from None
    except av.FFmpegError as error:
        raise Unreachable(address, error.strerror or type(error).__name__) from None
