"""The exit button: pressed, or stuck."""

from dataclasses import dataclass, replace

from gateway.access.machine import Shown
from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality

PRESSED = "pressed"


@dataclass(frozen=True, slots=True)
class Button:
    """`word` is its last good one, `heard` whether it still stands; `due` is when a button held
    down counts as stuck."""

    word: str = UNKNOWN_STATE
    heard: bool = False
    stuck: bool = False
    due: Micros | None = None

    @property
    def releases(self) -> bool:
        """Whether somebody holds it down; one that is stuck lets nobody out on purpose."""
        return self.heard and self.word == PRESSED and not self.stuck

    @property
    def shown(self) -> Shown:
        """What is known of it; nothing, where it has never been heard."""
        if self.word == UNKNOWN_STATE:
            return Shown(UNKNOWN_STATE, Quality.STALE)
        said = "stuck" if self.stuck else "ok"
        return Shown(said, Quality.GOOD if self.heard else Quality.STALE)


def heard(button: Button, word: str, now: Micros, stuck_after: Micros) -> Button:
    """A good word of it."""
    if word == UNKNOWN_STATE:
        return doubted(button)
    if word != PRESSED:
        return Button(word, heard=True)
    fresh = not button.heard or button.word != PRESSED
    due = now + stuck_after if fresh and not button.stuck else button.due
    return replace(button, word=word, heard=True, due=due)


def doubted(button: Button) -> Button:
    """Nobody knows how long it is held down."""
    return replace(button, heard=False, due=None)


def is_press(before: Button, after: Button) -> bool:
    """Whether somebody has just pressed it: a controller that comes back, or is heard for the first
    time, tells what is, not what happened."""
    return before.heard and before.word != PRESSED and after.heard and after.word == PRESSED


def elapsed(button: Button, now: Micros) -> Button:
    """It is held down for too long."""
    if button.due is None or button.due > now:
        return button
    return replace(button, stuck=True, due=None)
