"""Real receivers on loopback: an HTTP server and a mail server, each in a thread of its own."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.blocking import excused
from tests.servers import free_port


@dataclass(frozen=True, slots=True)
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """What the receiver answers next."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass(slots=True)
class Receiver:
    """`got` is all it was sent, in order; `answer` what it answers, `answers` what comes before;
    while `open` is clear it has read the request and does not answer."""

    port: int
    got: list[Got] = field(default_factory=list)
    answer: Answer = field(default_factory=Answer)
    answers: list[Answer] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that takes all it is sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.daemon_threads = False
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    running = Receiver(server.server_port)
    running.open.set()
    server.RequestHandlerClass = _handler(running)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield running
    finally:
        running.open.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(running: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            running.got.append(Got(self.command, self.path, headers, body))
            answer = running.answers.pop(0) if running.answers else running.answer
            running.open.wait()
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # the other side has gone

        do_GET = do_POST = _take  # noqa: N815 -- the base's names

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler


@dataclass(slots=True)
class Mailbox:
    """`got` is every mail's text; `answer` what the server says to the next."""

    port: int
    got: list[str] = field(default_factory=list)
    answer: str = "250 OK"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server that takes all it is sent."""
    box = Mailbox(free_port())

    class Handler:
        async def handle_DATA(  # noqa: N802 -- the library's name
            self, _server: SMTP, _session: Session, envelope: Envelope
        ) -> str:
            content = envelope.content
            box.got.append(content.decode() if isinstance(content, bytes) else str(content))
            return box.answer

    controller = Controller(Handler(), hostname="127.0.0.1", port=box.port)
    with excused():
        controller.start()
    try:
        yield box
    finally:
        with excused():
            controller.stop()
