"""True, False, or None where it is not known."""

from collections.abc import Iterable


def any_of(signs: Iterable[bool | None]) -> bool | None:
    """Known where one is known to be true, or all are known not to be."""
    said = set(signs)
    return True if True in said else None if None in said else False


def all_of(signs: Iterable[bool | None]) -> bool | None:
    """Known where one is known not to be true, or all are known to be."""
    said = set(signs)
    return False if False in said else None if None in said else True


def says(word: str | None, one: str) -> bool | None:
    """Whether it is that word, where it is known."""
    return None if word is None else word == one
