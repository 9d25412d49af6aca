"""What belongs to one sitting at the desk: kept here, so that a lost connection or a reloaded page
loses nothing."""

from dataclasses import dataclass, field

from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.text import Language
from gateway.security.identity import Identity

STILL_LOOKING: Micros = 30 * SECOND
"""So long after a person chose a ticket, the page does not turn to another one by itself."""


@dataclass(slots=True)
class Workplace:
    """One signed-in session's selection, drafts and language."""

    language: Language
    ticket: int | None = None
    device: str | None = None
    sound: bool = True
    drafts: dict[int, str] = field(default_factory=dict)
    chosen_at: Micros | None = None

    @property
    def draft(self) -> str:
        """What is being written about the selected ticket."""
        return "" if self.ticket is None else self.drafts.get(self.ticket, "")

    def write(self, text: str) -> None:
        """Keep what is being written about the selected ticket."""
        if self.ticket is not None:
            if text:
                self.drafts[self.ticket] = text
            else:
                self.drafts.pop(self.ticket, None)

    def choose(self, ticket: int | None, now: Micros) -> None:
        """The person turns to that ticket."""
        self.ticket, self.chosen_at = ticket, now

    def is_busy(self, now: Micros) -> bool:
        """Whether the person is working on what is selected, or writing about it."""
        looking = self.chosen_at is not None and now - self.chosen_at < STILL_LOOKING
        return self.ticket is not None and (looking or bool(self.draft.strip()))


class Workplaces:
    """Every session's workplace, for as long as the session may last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[Micros | None, Workplace]] = {}

    def of(self, identity: Identity, language: Language) -> Workplace:
        """The session's own; a new one speaks that language."""
        self._forget_ended()
        kept = self._kept.setdefault(
            identity.credential, (identity.expires_at, Workplace(language))
        )
        return kept[1]

    def _forget_ended(self) -> None:
        now = self._clock()
        self._kept = {
            credential: (expires_at, workplace)
            for credential, (expires_at, workplace) in self._kept.items()
            if expires_at is None or expires_at > now
        }
