"""Files told apart, and forced to the disk."""

from pathlib import Path

import pytest

from gateway.files import force, identity


def test_a_file_stays_itself_under_another_name_and_its_replacement_is_another(
    tmp_path: Path,
) -> None:
    file, elsewhere = tmp_path / "store", tmp_path / "elsewhere"
    file.write_text("one")
    first = identity(file)
    assert first is not None
    file.rename(elsewhere)
    assert (identity(file), identity(elsewhere)) == (None, first)
    file.write_text("two")
    assert identity(file) != first


def test_what_is_forced_to_the_disk_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "store"
    with pytest.raises(FileNotFoundError):
        force(file)
    file.write_text("one")
    force(file)
    force(tmp_path)
    assert file.read_text() == "one"
