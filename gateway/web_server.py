"""The HTTP server that API and pages are served by."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from gateway.errors import BadConfig


def listening(host: str, port: int) -> socket.socket:
    """A socket on which nobody else can listen from now on; BadConfig when somebody does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen()
    except OSError as error:
        opened.close()
        remedy = "choose another with site.listen in the site file"
        problem = f"cannot listen there ({error.strerror})"
        raise BadConfig(f"{host}:{port}", problem, remedy) from error
    return opened


def server(api: Starlette) -> uvicorn.Server:
    """Serves the API, and the pages mounted on it, until `should_exit` is set."""
    config = uvicorn.Config(
        api, log_config=None, access_log=False, timeout_graceful_shutdown=1, server_header=False
    )
    return uvicorn.Server(config)


@contextmanager
def no_traceback_for_cut_off_readers() -> Iterator[None]:
    """Readers of the stream are cut off when the gateway ends: no fault. The filter is taken away
    again, or logging would hold on to everything until the interpreter ends."""
    logger_of_server = logging.getLogger("uvicorn.error")
    logger_of_server.addFilter(_is_no_cut)
    try:
        yield
    finally:
        logger_of_server.removeFilter(_is_no_cut)


def _is_no_cut(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)
