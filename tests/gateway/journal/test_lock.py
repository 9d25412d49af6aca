import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import BadConfig
from gateway.journal.journal import Journal
from tests.gateway.journal.readings import held, numbers, values

SECOND = """
import asyncio, sys
from pathlib import Path
from gateway.errors import BadConfig
from gateway.journal.journal import Journal

async def main():
    async with Journal(Path(sys.argv[1])) as journal:
        pass

try:
    asyncio.run(main())
except BadConfig as refused:
    print(refused)
"""


async def test_a_second_process_on_the_same_journal_is_told_which_and_what_to_do(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.db"
    async with Journal(path) as journal:
        await journal.append(numbers(1))
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SECOND, str(path), stdout=subprocess.PIPE
        )
        said, _ = await second.communicate()
        assert said.decode().strip() == (
            f"{path}: is in use by another gateway; "
            "stop that one, or give this one another data folder"
        )
        await journal.append(numbers(2))
        assert values(await held(path)) == [1, 2]


async def test_once_the_first_has_ended_the_next_may_have_it(tmp_path: Path) -> None:
    async with Journal(tmp_path / "j.db"):
        with pytest.raises(BadConfig, match="in use"):
            async with Journal(tmp_path / "j.db"):
                pass
    async with Journal(tmp_path / "j.db") as journal:
        assert journal.last_seq == 0
