"""How long what people write on a ticket may be, and what the ledger cannot keep: pure.

Pages, the API and other systems all come by here. PostgreSQL refuses what its columns cannot hold.
"""

from typing import Final

from gateway.errors import Malformed
from gateway.model.ticket import Call, Doing

LONGEST_TEXT: Final = 2_000
"""Characters: of a note, and of what somebody reports."""
LONGEST_LINE: Final = 100
LONGEST_ASSIGNEE: Final = 64
LONGEST_CODE: Final = 32
HIGHEST_NUMBER: Final = 2**31 - 1
"""Of a ticket."""


def check_text(subject: str, said: str) -> None:
    """Malformed where it is too long, or holds a NUL."""
    _check(subject, said, LONGEST_TEXT)


def check_doing(subject: str, doing: Doing) -> None:
    """Malformed where a text is too long, holds a NUL, or no ticket could have such a number."""
    check_text(subject, doing.text)
    _check(subject, doing.assignee, LONGEST_ASSIGNEE)
    _check(subject, doing.code, LONGEST_CODE)
    if doing.into is not None and not 0 < doing.into <= HIGHEST_NUMBER:
        problem = f"no ticket has the number {doing.into}"
        raise Malformed(subject, problem, "look at the list of tickets")


def check_said(subject: str, call: Call) -> None:
    """Malformed where what somebody said is too long, or holds a NUL."""
    check_text(subject, call.what)
    for said in (call.reporter, call.phone, call.where, call.convenient):
        _check(subject, said, LONGEST_LINE)


def _check(subject: str, said: str, longest: int) -> None:
    if len(said) > longest:
        problem = f"what is written is longer than {longest} characters"
        raise Malformed(subject, problem, "write it in a few words")
    if "\x00" in said:
        raise Malformed(subject, "what is written holds a NUL", "write it anew")
