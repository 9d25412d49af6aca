"""Every capture says where it is from."""

import re
from collections.abc import Mapping, Set
from pathlib import Path

import pytest

CAPTURES = Path(__file__).parent / "captures"
FILES = sorted(CAPTURES.glob("*/*.txt"))


def listed() -> Mapping[str, Set[str]]:
    """The files of each family in the table of README.md."""
    rows = re.findall(r"^\| `(.*?)` \|(.*)\|$", (CAPTURES / "README.md").read_text(), re.MULTILINE)
    return {family: set(re.findall(r"`(.*?)`", files)) for family, files in rows}


def test_the_table_lists_every_file_and_no_other() -> None:
    families = {path.parent.name for path in FILES}
    found = {name: {p.stem for p in FILES if p.parent.name == name} for name in families}
    assert listed() == found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_begins_with_its_source(path: Path) -> None:
    assert path.read_text().startswith("# ")
