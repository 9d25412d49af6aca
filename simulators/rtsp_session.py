"""An RTSP session: one client's way to one stream, ready or playing."""

from enum import Enum, auto

from simulators.live_stream import Carrier, LiveStream, Viewer


class SessionState(Enum):
    """A server's session, once there is one (RFC 2326, A.2)."""

    READY = auto()
    PLAYING = auto()


_MOVES = {
    (SessionState.READY, "SETUP"): SessionState.READY,
    (SessionState.READY, "PLAY"): SessionState.PLAYING,
    (SessionState.READY, "PAUSE"): SessionState.READY,
    (SessionState.READY, "TEARDOWN"): SessionState.READY,
    (SessionState.PLAYING, "PLAY"): SessionState.PLAYING,
    (SessionState.PLAYING, "PAUSE"): SessionState.READY,
    (SessionState.PLAYING, "TEARDOWN"): SessionState.READY,
}
"""What is not here is refused: a change of transport while playing."""


class Session:
    """Made by SETUP; gone after TEARDOWN."""

    def __init__(self, id: str, stream: LiveStream, carrier: Carrier, viewer: Viewer) -> None:
        self.id = id
        self.stream = stream
        self.carrier = carrier
        self.viewer = viewer
        self._state = SessionState.READY

    def allows(self, method: str) -> bool:
        """Whether the session's state allows the method."""
        return (self._state, method) in _MOVES

    def move(self, method: str) -> None:
        """Take the method's step; the stream is shown while playing."""
        self._state = _MOVES[self._state, method]
        if self._state is SessionState.PLAYING:
            self.stream.join(self.viewer)
        else:
            self.stream.leave(self.viewer)
