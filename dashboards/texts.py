"""What the pages say, in the person's language. Messages are codes with parameters; their words
stand in the gettext catalogues under locale/, read as they are: there is nothing to compile."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from gateway.model.text import Language

DOMAIN: Final = "gatehouse.po"

LOCALE: Final[Mapping[Language, str]] = {Language.EN: "en-US", Language.ZH: "zh-CN"}
"""The language as browsers name it (BCP 47)."""


class Texts:
    """One language's words."""

    def __init__(self, language: Language, words: Mapping[str, str]) -> None:
        self.language = language
        self._words = words

    def __call__(self, code: str, **parameters: object) -> str:
        """The message; KeyError for a code no catalogue has."""
        return self._words[code].format(**parameters)

    def word(self, family: str, word: str) -> str:
        """One word of an open family ("state", "unit"); a site file may bring words no catalogue
        has: those stand as they are."""
        return self._words.get(f"{family}.{word}", word)


@cache
def texts_in(language: Language) -> Texts:
    """The catalogue of that language."""
    return Texts(language, {str(m.id): str(m.string) for m in messages(language) if not m.context})


def messages(language: Language) -> Iterator[Message]:
    """Every message of that language's catalogue. Those with a context are not codes but English
    sentences (see dashboards.told)."""
    path = files("dashboards") / "locale" / language / "LC_MESSAGES" / DOMAIN
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    return (message for message in catalogue if message.id)


def preferred_language(accept_language: str) -> Language:
    """The first language of ours in a browser's Accept-Language header, else English."""
    for wish in accept_language.lower().split(","):
        name = wish.strip().partition(";")[0].partition("-")[0]
        if name in set(Language):
            return Language(name)
    return Language.EN
