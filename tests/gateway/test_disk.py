from pathlib import Path

from gateway.disk import LOW_BYTES, RESERVE_BYTES, SPENT_BYTES, Disk


class Room:
    """A disk that is as full as a test wants it."""

    def __init__(self, folder: Path) -> None:
        self.free = 10 * LOW_BYTES
        self.disk = Disk(folder, lambda _: self.free)
        self.reserve = folder / "reserve"


def test_room_is_low_below_its_limit_and_ample_only_well_above_it(tmp_path: Path) -> None:
    room, told = Room(tmp_path), None
    said = []
    for room.free in (LOW_BYTES, LOW_BYTES - 1, LOW_BYTES + 1, 2 * LOW_BYTES - 1, 2 * LOW_BYTES):
        told = room.disk.look(told)
        said.append(told)
    assert said == ["ample", "low", "low", "low", "ample"]


def test_the_reserve_is_given_up_when_the_disk_is_full_and_taken_again_when_it_is_ample(
    tmp_path: Path,
) -> None:
    room = Room(tmp_path)
    room.disk.look(None)
    assert room.reserve.stat().st_blocks * 512 >= RESERVE_BYTES
    room.free = SPENT_BYTES - 1
    assert room.disk.look("ample") == "low"
    assert not room.reserve.exists()
    room.free = LOW_BYTES
    room.disk.look("low")
    assert not room.reserve.exists()
    room.free = 2 * LOW_BYTES
    room.disk.look("low")
    assert room.reserve.exists()


def test_a_disk_that_is_gone_has_no_room(tmp_path: Path) -> None:
    assert Disk(tmp_path / "unmounted").look("ample") == "low"


def test_a_reserve_that_cannot_be_made_is_no_fault(tmp_path: Path) -> None:
    room = Room(tmp_path / "missing")
    assert room.disk.look(None) == "ample"
