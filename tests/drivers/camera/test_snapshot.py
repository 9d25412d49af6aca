"""Snapshots: the whole picture, marked, under a safe name, whole or not at all."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from drivers.camera.crossing import Crossing, Direction
from drivers.camera.snapshot import save_snapshot, sweep
from gateway.site.model import Tripwire

AT = 1_795_333_501_123_456  # 2026-11-22 07:45:01.123456 UTC
CROSSING = Crossing(Tripwire("wall", (0.5, 0.0), (0.5, 1.0)), Direction.IN, (0.1, 0.25, 0.3, 0.75))


def grey_frame() -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((360, 640, 3), 128, np.uint8), format="rgb24")


def test_a_snapshot_has_the_full_size_with_box_and_line_drawn(tmp_path: Path) -> None:
    name = save_snapshot(tmp_path, "north-camera", grey_frame(), AT, [CROSSING])
    assert name == "north-camera-20261122T074501.123456Z.jpg"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    picture = cv2.imread(str(tmp_path / name))
    assert picture is not None
    assert picture.shape == (360, 640, 3)
    _blue, green, red = picture[180, 64].tolist()  # the box's left edge
    assert red > green + 50
    blue, green, red = picture[50, 320].tolist()  # the line
    assert min(green, red) > blue + 50
    assert abs(int(picture[180, 500, 0]) - 128) < 8  # neither


def test_no_camera_id_leads_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    folder.mkdir()
    name = save_snapshot(folder, "../up/门\0", grey_frame(), AT, [CROSSING])
    assert [path.name for path in folder.iterdir()] == [name]
    assert [path.name for path in tmp_path.iterdir()] == ["snapshots"]


def test_sweeping_removes_only_what_that_camera_left_unfinished(tmp_path: Path) -> None:
    kept = save_snapshot(tmp_path, "north", grey_frame(), AT, [CROSSING])
    other = tmp_path / "north-camera-20261122T074501.123456Z.part"
    for path in (other, tmp_path / "north-20261122T074501.123456Z.part"):
        path.write_bytes(b"half")
    sweep(tmp_path, "north")
    assert {path.name for path in tmp_path.iterdir()} == {kept, other.name}


def test_a_folder_that_cannot_be_written_raises_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        save_snapshot(tmp_path / "file" / "folder", "north", grey_frame(), AT, [CROSSING])
