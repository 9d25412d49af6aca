"""Encrypted connections to a real broker: what is not certainly the broker is not talked to."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from drivers.mqtt.connecting import RECEIVE_MAXIMUM
from drivers.mqtt.session import KEEPALIVE_S, Session, open_session
from drivers.mqtt.tls import context
from gateway.errors import BadConfig, Unreachable
from gateway.site.connection_model import MqttBroker, Tls
from tests.certificates import Authority, Signed
from tests.drivers.mqtt.estate import WITHIN_S, Gateway, connection, door, publisher, running
from tests.servers import Broker, mosquitto


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "Estate")


@pytest.fixture(scope="module")
def brokers(authority: Authority) -> Signed:
    return authority.signed("broker", for_names="DNS:localhost,IP:127.0.0.1")


@contextmanager
def encrypted(folder: Path, of_broker: Signed, **options: str | bool) -> Iterator[Broker]:
    files = {"certfile": str(of_broker.certificate), "keyfile": str(of_broker.key)}
    with mosquitto(folder, **files, **options) as broker:
        yield broker


def to(broker: Broker, tls: Tls, host: str = "localhost") -> MqttBroker:
    return replace(connection(broker), host=host, tls=tls)


async def refusal(broker: MqttBroker) -> str:
    with pytest.raises(Unreachable) as refused:
        async with open_session(broker, ["estate/a"]) as session:
            await asyncio.wait_for(session.take(), WITHIN_S)
    return str(refused.value)


async def test_messages_come_whole_and_in_order_through_pauses_of_reading(
    tmp_path: Path, authority: Authority, brokers: Signed
) -> None:
    """In MQTT 3.1.1, where reading stops while too much waits: what TLS holds then is kept."""
    burst = [str(n).encode() for n in range(RECEIVE_MAXIMUM + 2000)] + [b"x" * 300_000]
    with encrypted(tmp_path, brokers) as broker:
        kept = Session(to(broker, Tls(authority.ca)), MQTTProtocolVersion.MQTTv311, KEEPALIVE_S)
        try:
            await kept.connect()
            kept.subscribe(["estate/a"])
            taken: list[bytes] = []
            async with publisher(broker, authority.ca) as side, asyncio.timeout(WITHIN_S):
                await side.publish("estate/a", b"subscribed", retain=True)
                await kept.take()
                await side.publish("estate/a", *burst)
                while len(taken) < len(burst):
                    messages = await kept.take()
                    taken += [message.payload for message in messages]
                    kept.acknowledge(messages)
        finally:
            kept.close()
    assert taken[:-1] == burst[:-1]
    assert len(taken[-1]) > 64 * 1024


async def test_an_unknown_authority_is_not_trusted(tmp_path: Path, brokers: Signed) -> None:
    other = Authority(tmp_path, "Stranger")
    with encrypted(tmp_path, brokers) as broker:
        told = await refusal(to(broker, Tls(other.ca)))
    assert "shows a certificate that cannot be trusted" in told
    assert "connections.broker" in told


async def test_without_an_authority_of_its_own_the_systems_are_asked(
    tmp_path: Path, brokers: Signed
) -> None:
    with encrypted(tmp_path, brokers) as broker:
        assert "cannot be trusted" in await refusal(to(broker, Tls()))


async def test_another_hosts_certificate_is_not_trusted(
    tmp_path: Path, authority: Authority
) -> None:
    others = authority.signed("other", for_names="DNS:other.example")
    with encrypted(tmp_path, others) as broker:
        by_name = await refusal(to(broker, Tls(authority.ca)))
        by_address = await refusal(to(broker, Tls(authority.ca), host="127.0.0.1"))
    assert "not valid for 'localhost'" in by_name
    assert "not valid for '127.0.0.1'" in by_address


async def test_a_broker_that_asks_for_a_certificate_gets_the_gateways(
    tmp_path: Path, authority: Authority, brokers: Signed
) -> None:
    own = authority.signed("gateway", for_names="DNS:gateway")
    gateway = Gateway()
    ca = str(authority.ca)
    with encrypted(tmp_path, brokers, cafile=ca, require_certificate=True) as broker:
        assert "certificate required" in await refusal(to(broker, Tls(authority.ca)))
        tls = Tls(authority.ca, own.certificate, own.key)
        connected = asyncio.Event()

        async def sink(*_: object, **__: object) -> None:
            connected.set()

        async with running(gateway.driver_to(to(broker, tls), door(1)), sink):
            await asyncio.wait_for(connected.wait(), WITHIN_S)


async def test_a_port_without_tls_is_told(broker: Broker, authority: Authority) -> None:
    assert "whether that port has TLS" in await refusal(to(broker, Tls(authority.ca)))


def test_nothing_older_than_tls_1_2_and_nothing_unverified(authority: Authority) -> None:
    made = context("broker", Tls(authority.ca))
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_bad_files_are_told_before_anything_is_connected_to(
    tmp_path: Path, authority: Authority, brokers: Signed
) -> None:
    locked = authority.signed("locked", for_names="DNS:x", password="secret")
    other = authority.signed("another", for_names="DNS:x")
    missing, ca = tmp_path / "missing.pem", authority.ca
    faults = {
        Tls(missing): "missing.pem: cannot be read",
        Tls(tmp_path): "cannot be read",
        Tls(brokers.key): "broker.key: holds no certificate in PEM",
        Tls(ca, missing, brokers.key): "missing.pem: cannot be read",
        Tls(ca, brokers.certificate, missing): "missing.pem: cannot be read",
        Tls(ca, brokers.certificate, other.key): "key values mismatch",
        Tls(ca, brokers.key, brokers.key): "broker.key: is no certificate in PEM",
        Tls(ca, locked.certificate, locked.key): "locked.key: is protected by a password",
    }
    nowhere = MqttBroker("broker", "localhost", 1, "client")
    for tls, told in faults.items():
        with pytest.raises(BadConfig, match=told):
            Gateway().driver_to(replace(nowhere, tls=tls), door(1))
