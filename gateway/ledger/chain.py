"""The chain over the audit record: each line's hash covers the line and the hash before it.

What is written here can never change: hashes in people's ledgers were made by it. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

BEGINNING: Final = ""
"""Stands for the hash before the first line."""

FIELDS: Final = ("at", "who", "role", "place", "act", "subject", "detail", "before", "after")
"""What of a line is covered."""


def link(before: str, line: Mapping[str, object]) -> str:
    """The hash of a line after the one with the hash `before`: SHA-256, in hexadecimal, of the
    UTF-8 of a JSON array without spaces: the hash before, then the fields. So no two different
    lines are written alike. Its id is not in it: order is what the chain itself says."""
    array = [before, *(line[field] for field in FIELDS)]
    text = json.dumps(array, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
