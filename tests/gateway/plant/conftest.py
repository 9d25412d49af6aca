"""Stores for what the plant's machines say."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.journal.journal import Journal


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """An empty journal."""
    async with Journal(tmp_path / "journal.db") as journal:
        yield journal
