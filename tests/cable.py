"""A network cable on loopback that can be cut: nothing passes, and nobody is told."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.servers import HOST, free_port


class Cable:
    """Passes on what comes to `port`, both ways. While it is cut it holds all back, and takes new
    connections without an answer: what was sent meanwhile passes when it is whole again."""

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self._to = (HOST, to_port)
        self._whole = threading.Event()
        self._whole.set()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server((HOST, self.port))
        self._start(self._accept)

    def cut(self) -> None:
        """From now on nothing passes."""
        self._whole.clear()

    def mend(self) -> None:
        """All passes again."""
        self._whole.set()

    def close(self) -> None:
        """Nothing is left running."""
        self.mend()
        for each in (self._listening, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in (self._listening, *self._sockets):
            each.close()

    def _start(self, work: Callable[..., None], *ends: socket.socket) -> None:
        thread = threading.Thread(target=work, args=ends, name="cable")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listening.accept()
                self._sockets.append(near)
                self._start(self._connect, near)

    def _connect(self, near: socket.socket) -> None:
        self._whole.wait()
        far = socket.socket()
        self._sockets.append(far)
        try:
            far.connect(self._to)
        except OSError:
            _hang_up(near)
            return
        self._start(self._pass, near, far)
        self._start(self._pass, far, near)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._whole.wait()
                sink.sendall(data)
        self._whole.wait()
        _hang_up(sink)


@contextmanager
def cable(to_port: int) -> Iterator[Cable]:
    """To a server on loopback."""
    laid = Cable(to_port)
    try:
        yield laid
    finally:
        laid.close()


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_WR)
