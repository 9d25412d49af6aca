"""One client's RTSP connection: requests in, responses out.

The session ends with its connection, as with many cameras, although RFC 2326 lets it live on.
"""

import asyncio
import logging

from gateway.errors import Malformed
from gateway.model.clock import SECOND
from simulators.rtp_carriers import Endpoint
from simulators.rtsp_message import Request, Response, Status, read_message
from simulators.rtsp_responder import Responder, Service

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 1.0


class Connection:
    """Lasts until the client goes, is cut, or is silent for the session timeout."""

    def __init__(
        self, service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader = reader
        self._writer = writer
        # None: it was gone before it was accepted.
        self._peer: Endpoint = (writer.get_extra_info("peername") or ("nobody", 0))[:2]
        self._responder = Responder(service, writer.transport, self._peer)
        self._idle = asyncio.timeout(None)
        self._patience = service.session_timeout / SECOND

    async def serve(self) -> None:
        """Serve the client to its end, and leave nothing of it behind."""
        try:
            async with self._idle:
                self._heard()
                await self._answer_requests()
        except TimeoutError:
            logger.info("%s: silent for %s s, cut off", self._peer, self._patience)
        except OSError as error:
            logger.info("%s: %s", self._peer, error)
        finally:
            self._responder.end()
            await self._close()

    def rtcp_heard(self, source: Endpoint) -> None:
        """An RTCP datagram came from `source`: if that is this client, it lives."""
        if self._responder.receives_rtcp_at(source):
            self._heard()

    def cut(self) -> None:
        """Drop the client at once."""
        self._writer.transport.abort()

    async def _answer_requests(self) -> None:
        try:
            while (message := await read_message(self._reader)) is not None:
                self._heard()
                if isinstance(message, Request):
                    response = self._responder.answer(message)
                    self._writer.write(response.encode(message.headers.get("cseq")))
                    await self._writer.drain()
        except Malformed as error:
            logger.info("%s: %s", self._peer, error)
            self._writer.write(Response(Status.BAD_REQUEST).encode(cseq=None))

    def _heard(self) -> None:
        if not self._idle.expired():
            self._idle.reschedule(asyncio.get_running_loop().time() + self._patience)

    async def _close(self) -> None:
        """Let a last response out, if the client takes it."""
        self._writer.close()
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await self._writer.wait_closed()
        except OSError:  # TimeoutError is one too.
            self.cut()
