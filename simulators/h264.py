"""H.264 pictures from libx264, as the NAL units an RTP stream carries."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

_START_CODE = re.compile(rb"\x00\x00+\x01")
_SPS, _PPS, _IDR = 7, 8, 5
_QUALITY = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "profile": "baseline",
    "crf": "24",
    "forced-idr": "1",
}


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture. A key frame's NAL units begin with SPS and PPS."""

    nal_units: tuple[bytes, ...]
    key_frame: bool


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What a decoder must know before the first picture (ITU-T H.264, 7.3.2.1 and 7.3.2.2)."""

    sps: bytes
    pps: bytes

    @property
    def profile_level_id(self) -> str:
        """Three bytes of the SPS in hexadecimal, as SDP names them (RFC 6184, 8.1)."""
        return self.sps[1:4].hex().upper()


class H264Encoder:
    """Codes pictures of one size without delay: each picture in gives its access unit out."""

    def __init__(self, width: int, height: int, frame_rate: int) -> None:
        self._codec = _open(width, height, frame_rate)
        self._sets = parameter_sets(width, height, frame_rate)
        self._count = 0

    def encode(self, picture: NDArray[np.uint8], key_frame: bool = False) -> AccessUnit:
        """`picture`: height × width × 3, RGB. `key_frame` asks for one now; one comes each second
        anyway."""
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = self._count
        self._count += 1
        frame.pict_type = PictureType.I if key_frame else PictureType.NONE
        coded = b"".join(bytes(packet) for packet in self._codec.encode(frame))
        nal_units = split_annex_b(coded)
        if any(nal_type(unit) == _IDR for unit in nal_units):
            return AccessUnit((self._sets.sps, self._sets.pps, *nal_units), key_frame=True)
        return AccessUnit(nal_units, key_frame=False)


@cache
def parameter_sets(width: int, height: int, frame_rate: int) -> ParameterSets:
    """The parameter sets of every encoder of this size and rate."""
    extradata = _open(width, height, frame_rate).extradata or b""
    units = {nal_type(unit): unit for unit in split_annex_b(extradata)}
    return ParameterSets(units[_SPS], units[_PPS])


def split_annex_b(coded: bytes) -> tuple[bytes, ...]:
    """The NAL units of a byte stream, without their start codes (ITU-T H.264, Annex B)."""
    return tuple(_START_CODE.split(coded)[1:])


def nal_type(unit: bytes) -> int:
    """nal_unit_type (ITU-T H.264, table 7-1)."""
    return unit[0] & 0x1F


def _open(width: int, height: int, frame_rate: int) -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate, codec.time_base = Fraction(frame_rate), Fraction(1, frame_rate)
    codec.gop_size, codec.max_b_frames, codec.thread_count = frame_rate, 0, 1
    # Parameter sets in extradata, for the SDP: known before anything is coded.
    codec.flags |= Flags.global_header
    codec.options = dict(_QUALITY)
    codec.open()
    return codec
