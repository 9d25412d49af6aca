"""Modbus over TLS: who the server is, and when it is not talked to."""

import ssl
from pathlib import Path

import pytest

from drivers.modbus.line import Line
from gateway.errors import BadConfig, Unreachable
from gateway.model.clock import SECOND, gateway_clock
from gateway.site.connection_model import Framing, ModbusLine, Tcp, Tls
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_server import ModbusServer, Unit
from tests.certificates import Authority, Signed
from tests.drivers.modbus.field import HOST, WITHIN_S, steady

HOLDING = RegisterTable.HOLDING_REGISTER
PATIENT = WITHIN_S * SECOND


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "Estate")


@pytest.fixture(scope="module")
def servers(authority: Authority) -> Signed:
    return authority.signed("meter", for_names="DNS:localhost")


def shown(servers: Signed, clients_of: Authority | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(servers.certificate, servers.key)
    if clients_of is not None:
        made.load_verify_locations(clients_of.ca)
        made.verify_mode = ssl.CERT_REQUIRED
    return made


async def read_by_tls(certificate: ssl.SSLContext, tls: Tls, host: str = "localhost") -> list[int]:
    units: dict[int, Unit] = {1: steady()}
    async with ModbusServer(HOST, 0, units, gateway_clock(), certificate=certificate) as server:
        transport = Tcp(host, server.port, tls)
        async with Line(ModbusLine("plant-room", transport, Framing.TCP, PATIENT)) as line:
            return list(await line.read(1, HOLDING, 0, 1))


async def test_a_server_is_read_by_tls(authority: Authority, servers: Signed) -> None:
    assert await read_by_tls(shown(servers), Tls(authority.ca)) == [42]


async def test_a_server_that_asks_is_shown_the_gateways_own_certificate(
    authority: Authority, servers: Signed
) -> None:
    own = authority.signed("gateway", for_names="DNS:gateway")
    asking = shown(servers, clients_of=authority)
    assert await read_by_tls(asking, Tls(authority.ca, own.certificate, own.key)) == [42]
    with pytest.raises(Unreachable):
        await read_by_tls(asking, Tls(authority.ca))


async def test_a_server_that_cannot_be_trusted_is_not_talked_to(
    authority: Authority, servers: Signed, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "Stranger")
    for tls, host in (
        (Tls(stranger.ca), "localhost"),
        (Tls(), "localhost"),
        (Tls(authority.ca), HOST),
    ):
        with pytest.raises(Unreachable, match="nothing that can be trusted"):
            await read_by_tls(shown(servers), tls, host)


async def test_a_certificate_that_cannot_be_read_is_bad_configuration(servers: Signed) -> None:
    with pytest.raises(BadConfig, match=r"connections.plant-room.tls.ca"):
        await read_by_tls(shown(servers), Tls(Path("missing.pem")))


async def test_a_certificate_that_has_expired_is_told_as_that(authority: Authority) -> None:
    expired = authority.expired("old-meter", for_names="DNS:localhost")
    with pytest.raises(Unreachable, match="certificate has expired"):
        await read_by_tls(shown(expired), Tls(authority.ca))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_a_server_that_speaks_no_newer_tls_than_1_1_is_not_talked_to(
    authority: Authority, servers: Signed, newest: ssl.TLSVersion
) -> None:
    old = shown(servers)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, newest
    with pytest.raises(Unreachable, match=r"nothing that can be trusted \(it broke off"):
        await read_by_tls(old, Tls(authority.ca))
