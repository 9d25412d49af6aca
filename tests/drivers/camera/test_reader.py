"""Luma of every pixel format; addresses fit to be shown."""

import socket

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.reader import luma, pictures, without_credentials
from gateway.errors import Unreachable
from gateway.model.clock import SECOND, gateway_clock
from tests.servers import free_port

words = st.text(st.characters(codec="ascii", exclude_characters="/?#@"), min_size=1)


@pytest.mark.parametrize("format_", ["yuv420p", "yuvj420p", "nv12", "gray", "yuv420p10le", "rgb24"])
@pytest.mark.parametrize("width", [640, 648])
def test_luma_is_read_from_every_pixel_format(format_: str, width: int) -> None:
    grey = np.tile(np.linspace(20, 230, width).astype(np.uint8)[:, np.newaxis], (360, 1, 3))
    frame = av.VideoFrame.from_ndarray(grey.reshape(360, width, 3), format="rgb24")
    found = luma(frame.reformat(format=format_, threads=1))
    assert found.shape == (360, width)
    assert np.abs(found.astype(int) - grey.reshape(360, width, 3)[..., 0]).max() < 20


@given(words, words)
def test_no_credentials_are_left_in_an_address(user: str, password: str) -> None:
    shown = without_credentials(f"rtsp://{user}:{password}@10.0.0.5:554/live?channel=1@2")
    assert shown == "rtsp://10.0.0.5:554/live?channel=1@2"


def test_a_password_with_an_at_sign_is_left_out_too() -> None:
    assert without_credentials("rtsp://admin:p@ss@10.0.0.5/live") == "rtsp://10.0.0.5/live"
    assert without_credentials("rtsp://10.0.0.5/live") == "rtsp://10.0.0.5/live"


def test_a_camera_that_takes_the_connection_and_says_nothing_is_told_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/live"
        with pytest.raises(Unreachable, match="gives no RTSP answer"):
            next(pictures(url, SECOND // 2, gateway_clock()))


def test_a_refused_connection_tells_no_password() -> None:
    url = f"rtsp://admin:hunter2@127.0.0.1:{free_port()}/live"
    with pytest.raises(Unreachable) as caught:
        next(pictures(url, SECOND, gateway_clock()))
    assert "127.0.0.1" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "hunter2" not in str(caught.value)
