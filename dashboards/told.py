"""Errors in the person's language.

Errors are worded in English where their facts are. Another language's catalogue has such a sentence
with the context "error" and its facts as {parameters}; one it does not have is told as it stands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from dashboards.texts import Texts, messages, texts_in
from gateway.errors import GatehouseError
from gateway.model.text import Language

CONTEXT: Final = "error"

_FAMILIES: Final[Mapping[str, str]] = {
    "act": "act",
    "attention": "attention",
    "class": "class",
    "command": "command",
    "exception": "exception",
    "state": "ticket.state",
}
"""Parameters that are words of ours, and the family their translation stands in."""


@dataclass(frozen=True, slots=True)
class Told:
    """What failed and why, and what to do about it (empty: nothing)."""

    problem: str
    remedy: str


def told(error: GatehouseError, language: Language) -> Told:
    """The error as the person should read it."""
    subject = sentence(error.subject, language)
    problem = sentence(error.problem, language)
    both = texts_in(language)("name_and_value", name=subject, value=problem)
    return Told(both, sentence(error.remedy, language))


def sentence(english: str, language: Language) -> str:
    """One English sentence about what went wrong, in that language."""
    for pattern, template in _templates(language):
        found = pattern.fullmatch(english)
        if found is not None:
            texts = texts_in(language)
            return template.format(
                **{name: _parameter(name, word, texts) for name, word in found.groupdict().items()}
            )
    return english


def _parameter(name: str, word: str, texts: Texts) -> str:
    if name == "acts":
        return ", ".join(texts.word("act", act) for act in word.split(", "))
    return texts.word(_FAMILIES[name], word) if name in _FAMILIES else word


@cache
def _templates(language: Language) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (_pattern(str(message.id)), str(message.string))
        for message in messages(language)
        if message.context == CONTEXT
    )


def _pattern(template: str) -> re.Pattern[str]:
    literal = re.split(r"\{(\w+)\}", template)
    parts = [
        f"(?P<{part}>.+)" if index % 2 else re.escape(part) for index, part in enumerate(literal)
    ]
    return re.compile("".join(parts), re.DOTALL)
