"""Names that people read, in the languages of the desk."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """Languages every text of ours exists in."""

    EN = "en"
    ZH = "zh"


@dataclass(frozen=True, slots=True)
class Text:
    """One name in every language of the desk."""

    en: str
    zh: str

    def in_(self, language: Language) -> str:
        """The text in that language."""
        return self.zh if language is Language.ZH else self.en
