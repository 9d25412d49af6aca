"""Encryption of a connection to a server, which always shows who it is."""

import ssl
from pathlib import Path

from gateway.errors import BadConfig
from gateway.site.connection_model import Tls


def context(connection: str, tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or newer; the server's certificate must be signed by a trusted authority and carry
    the name it is called by. There is no switch to do without. Raises BadConfig when a file is
    missing or is not what it should be. Reads files."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # asks for certificate and name
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.ca is None:
        made.load_default_certs()
    else:
        _load_authority(made, connection, tls.ca)
    if tls.certificate is not None and tls.key is not None:
        _load_own(made, connection, tls.certificate, tls.key)
    return made


def said(error: ssl.SSLError) -> str:
    """OpenSSL's reason: `tlsv13 alert certificate required`."""
    return (error.reason or "no reason given").lower().replace("_", " ")


def _load_authority(made: ssl.SSLContext, connection: str, ca: Path) -> None:
    _check_readable(connection, "ca", ca)
    try:
        made.load_verify_locations(ca)
    except ssl.SSLError as error:
        raise _bad(connection, "ca", ca, f"holds no certificate in PEM ({said(error)})") from error


def _load_own(made: ssl.SSLContext, connection: str, certificate: Path, key: Path) -> None:
    _check_readable(connection, "certificate", certificate)
    _check_readable(connection, "key", key)

    def refuse() -> str:
        raise _bad(connection, "key", key, "is protected by a password, which nobody can type in")

    try:
        made.load_cert_chain(certificate, key, refuse)
    except ssl.SSLError as error:
        problem = f"is no certificate in PEM to which the key {key} belongs ({said(error)})"
        raise _bad(connection, "certificate", certificate, problem) from error


def _check_readable(connection: str, what: str, file: Path) -> None:
    """OpenSSL would not say which of its files it could not read."""
    try:
        file.open("rb").close()
    except OSError as error:
        raise _bad(connection, what, file, f"cannot be read ({error.strerror})") from error


def _bad(connection: str, what: str, file: Path, problem: str) -> BadConfig:
    remedy = f"give another in connections.{connection}.tls.{what}, or put that file right"
    return BadConfig(str(file), problem, remedy)
