"""Encryption of a connection to a broker, as paho needs it."""

import ssl

from gateway.site import tls as site_tls
from gateway.site.connection_model import Tls


def context(connection: str, tls: Tls) -> ssl.SSLContext:
    """As gateway.site.tls makes it. Reads files."""
    made = site_tls.context(connection, tls)
    made.sslsocket_class = _ClosedWhenRefused
    return made


class _ClosedWhenRefused(ssl.SSLSocket):
    """paho forgets a socket whose handshake failed, and leaves it open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise
