"""Coded pictures: what a decoder makes of them."""

import av
import numpy as np
from av.codec.context import Flags
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import SECOND
from simulators.h264 import H264Encoder, nal_type, parameter_sets, split_annex_b
from simulators.scene import Scene

SIZE = (320, 180)


def test_each_picture_comes_out_at_once_and_is_decoded_as_it_was() -> None:
    scene, encoder = Scene(*SIZE), H264Encoder(*SIZE, frame_rate=5)
    decoder = av.CodecContext.create("h264", "r")
    decoder.flags |= Flags.low_delay
    for number in range(12):
        picture = scene.step(number * SECOND // 5)
        coded = b"".join(b"\0\0\0\1" + nal for nal in encoder.encode(picture).nal_units)
        (frame,) = decoder.decode(av.Packet(coded))
        shown = frame.to_ndarray(format="rgb24")
        assert np.abs(shown.astype(int) - picture).mean() < 6


def test_a_key_frame_comes_each_second_or_when_asked_and_begins_with_the_parameter_sets() -> None:
    scene, encoder = Scene(*SIZE), H264Encoder(*SIZE, frame_rate=5)
    sets = parameter_sets(*SIZE, 5)
    key_frames = []
    for number in range(12):
        unit = encoder.encode(scene.step(number * SECOND // 5), key_frame=number == 7)
        kinds = [nal_type(nal) for nal in unit.nal_units]
        assert unit.key_frame == (5 in kinds)
        if unit.key_frame:
            assert unit.nal_units[:2] == (sets.sps, sets.pps)
            key_frames.append(number)
    assert key_frames == [0, 5, 7]


def test_the_parameter_sets_name_the_profile() -> None:
    sets = parameter_sets(*SIZE, 5)
    assert (nal_type(sets.sps), nal_type(sets.pps)) == (7, 8)
    assert sets.profile_level_id.startswith("42"), "baseline"


@given(st.lists(st.binary(min_size=1).filter(lambda u: b"\0\0" not in u and u[-1] and u[0])))
def test_a_byte_stream_is_split_at_its_start_codes(units: list[bytes]) -> None:
    codes = [b"\0\0\0\1", b"\0\0\1"]
    stream = b"".join(codes[i % 2] + unit for i, unit in enumerate(units))
    assert split_annex_b(stream) == tuple(units)
