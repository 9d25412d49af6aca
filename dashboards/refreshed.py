"""What pages of tables have in common: shown anew every other second, and acts that may fail."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Final

from dashboards.board import News
from dashboards.frame import Frame
from dashboards.refusal import Refusal
from gateway.errors import GatehouseError
from gateway.feed import Changes
from gateway.model.clock import SECOND, Micros

REFRESH_EVERY: Final[Micros] = 2 * SECOND


class RefreshedPage:
    """A Page but for `build`, which makes `_refusal`, and `look`."""

    _refusal: Refusal

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._services = frame.services
        self._zone = frame.services.site.time_zone
        self._shown_at: Micros = 0

    @abstractmethod
    async def look(self) -> None:
        """Everything, as it is now. What it raises is told on the page."""

    async def show(self) -> None:
        """See Page."""
        self._shown_at = self._services.clock()
        try:
            await self.look()
        except GatehouseError as error:
            self._refusal.show(error)

    async def take(self, _changes: Changes, _news: News, /) -> None:
        """See Page."""
        if self._services.clock() - self._shown_at > REFRESH_EVERY:
            await self.show()

    async def run(self) -> None:
        """See Page."""

    async def press(self, key: str) -> None:
        """See Page."""

    async def _do(self, act: Callable[[], Awaitable[object]]) -> bool:
        """Whether it was done; if not, why not is told."""
        try:
            await act()
        except GatehouseError as error:
            self._refusal.show(error)
            return False
        self._refusal.show(None)
        await self.show()
        return True
