"""Whose request is next on a line."""

import asyncio
from collections import deque


class Turns:
    """A lock that lets the urgent go first, and otherwise whoever came first."""

    def __init__(self) -> None:
        self.taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    async def acquire(self, *, urgent: bool) -> None:
        """Returns when it is the caller's turn, until it releases it."""
        if not self.taken:
            self.taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._others).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was handed over in the same instant
                self.release()
            raise

    def release(self) -> None:
        """The next one's turn. Who was cancelled while waiting is passed over."""
        for waiting in (self._urgent, self._others):
            while waiting:
                turn = waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self.taken = False
