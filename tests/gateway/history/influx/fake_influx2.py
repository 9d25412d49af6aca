"""A contract fake of InfluxDB 2.x and 3.x, which no Debian package has.

It stands for what the InfluxDB 2 API documentation says of `POST /api/v2/write` (token, org,
bucket, precision, gzip; 400 with the bad lines left out, 401, 404, 413, 429 and 503 with
Retry-After), `POST /api/v2/query` (Flux in, annotated CSV out), `POST /api/v2/delete` and
`GET /ping`. It understands lines as far as the tests need, and no Flux: what a query is answered
with is given by the test.
"""

import gzip
import json
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateway.site.model import InfluxTarget
from tests.certificates import Signed

TOKEN, ORG, BUCKET = "t0ken", "estate", "readings"

Answer = tuple[int, Mapping[str, str], str]
"""Status, headers, body."""


@dataclass
class FakeInflux2:
    """What it holds, and what it is told to answer."""

    url: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: {"X-Influxdb-Version": "v2.7.4"})
    """Of the answer to /ping."""
    ping: int = 204
    """The status of that answer."""
    largest: int = 10**9
    """Bytes of lines taken at once."""
    failures: list[Answer] = field(default_factory=list)
    """Given as answers to the next requests to write, one each."""
    answers: dict[str, str] = field(default_factory=dict)
    """What a query is answered with, by words that are in it."""
    lines: dict[str, str] = field(default_factory=dict)
    """Fields by series and time."""
    asked: list[str] = field(default_factory=list)
    """Every query and every deletion."""
    types: dict[str, str] = field(default_factory=dict)
    writes: int = 0

    @property
    def target(self) -> InfluxTarget:
        """Where it is, with what it wants to know."""
        return InfluxTarget(self.url, BUCKET, token=TOKEN, org=ORG)

    def answer(self, path: str, parameters: Mapping[str, str], body: str) -> Answer:
        """To whoever has the token."""
        match path:
            case "/api/v2/write":
                return self.write(parameters, body)
            case "/api/v2/query":
                return self.query(json.loads(body)["query"])
            case "/query":
                return self.query(parameters["q"])
            case "/api/v2/delete":
                self.asked.append(body)
                return 204, {}, ""
        return error(404, "not found", "path not found")

    def write(self, parameters: Mapping[str, str], body: str) -> Answer:
        """POST /api/v2/write."""
        self.writes += 1
        if self.failures:
            return self.failures.pop(0)
        if parameters.get("bucket") != BUCKET:
            return error(404, "not found", f'bucket "{parameters.get("bucket")}" not found')
        if parameters.get("precision") not in {"ns", "us", "ms", "s"}:
            return error(400, "invalid", "invalid precision; valid values are ns, us, ms, and s")
        if len(body) > self.largest:
            return error(413, "request too large", "unable to read data: points batch is too large")
        dropped = [problem for line in body.split("\n") if (problem := self._take(line))]
        if dropped:
            told = f"partial write: {dropped[0]} dropped={len(dropped)}"
            return error(400, "invalid", f"failure writing points to database: {told}")
        return 204, {}, ""

    def query(self, text: str) -> Answer:
        """POST /api/v2/query, and /query."""
        self.asked.append(text)
        answer = next((csv for words, csv in self.answers.items() if words in text), "")
        return 200, {"Content-Type": "text/csv"}, answer

    def _take(self, line: str) -> str | None:
        """Why the line is not taken."""
        series, fields, at = line.split(" ")
        for each in fields.split(","):
            name, _, value = each.partition("=")
            now = "string" if value[0] == '"' else "integer" if value[-1] == "i" else "float"
            of = f"{series.partition(',')[0]} {name}"
            if (known := self.types.setdefault(of, now)) != now:
                return f'field type conflict: input field "{name}" is {now}, already {known}'
        self.lines[f"{series} {at}"] = fields
        return None


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """As InfluxDB 2.x words it."""
    return status, headers or {}, json.dumps({"code": code, "message": message})


@contextmanager
def fake_influx2(signed: Signed | None = None) -> Iterator[FakeInflux2]:
    """Runs on a loopback port of its own; with a certificate it speaks https only."""
    fake = FakeInflux2()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: two would wait for each other

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            status, headers, body = self._answer()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def _answer(self) -> Answer:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            asked = urlsplit(self.path)
            parameters = {name: value[0] for name, value in parse_qs(asked.query).items()}
            if asked.path == "/ping":
                return fake.ping, fake.headers, ""
            if self.headers.get("Authorization") != f"Token {TOKEN}":
                return error(401, "unauthorized", "unauthorized access")
            return fake.answer(asked.path, parameters, body.decode())

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        if signed is not None:
            fake.url = f"https://127.0.0.1:{server.server_port}"
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(signed.certificate, signed.key)
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust it hangs up: no fault of the fake's."""
        if not isinstance(sys.exception(), ssl.SSLError):
            super().handle_error(request, client_address)
