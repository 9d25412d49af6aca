import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.crash.progress import WITHIN_S
from tests.crash.tap import Session, Tap, packets
from tests.servers import HOST, Broker


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_it_notes_what_a_client_is_given_and_acknowledges(
    broker: Broker, version: MQTTProtocolVersion
) -> None:
    tap = Tap((broker.host, broker.port), lambda: 3)
    client = paho.Client(CallbackAPIVersion.VERSION2, "gateway", protocol=version, manual_ack=True)
    client.on_message = _acknowledge_all_but_kept
    client.connect(HOST, tap.port)
    client.loop_start()
    try:
        client.subscribe([("a", 1), ("b", 1)])
        assert tap.wait_subscribed(2, WITHIN_S)
        for topic, id_ in (("a", "one"), ("a", "kept"), ("b", "two")):
            client.publish(topic, f'{{"id": "{id_}"}}', qos=1)
        assert tap.wait(2, WITHIN_S)
        assert tap.acknowledged == {"one": 1, "two": 1}
        assert tap.given == {"one": 1, "kept": 1, "two": 1}
        assert tap.held_in == {"one": 3, "kept": 3, "two": 3}
        assert tap.open == ["kept"]
    finally:
        client.disconnect()
        client.loop_stop()
        tap.close()


def test_what_an_acknowledgement_is_for_is_not_guessed_where_an_identifier_came_twice() -> None:
    tap = Tap((HOST, 1), lambda: 0)
    session = Session(tap, 0)
    for id_ in ("one", "two"):
        session.given(0x32, b"\x00\x01a" + b"\x00\x07" + b"\x00" + f'{{"id": "{id_}"}}'.encode())
    session.sent(0x40, b"\x00\x07")
    tap.close()
    assert tap.given == {"one": 1, "two": 1}
    assert (tap.total, tap.acknowledged) == (1, {})


def _acknowledge_all_but_kept(
    client: paho.Client, _data: object, message: paho.MQTTMessage
) -> None:
    if b"kept" not in message.payload:
        client.ack(message.mid, 1)


def test_packets_are_found_wherever_the_stream_is_cut() -> None:
    whole = b"\x40\x02\x00\x07" + b"\x30\xc8\x01" + b"x" * 200 + b"\xd0\x00"
    for cut in range(len(whole)):
        stream = bytearray(whole[:cut])
        found = list(packets(stream))
        stream += whole[cut:]
        found += packets(stream)
        assert found == [(0x40, b"\x00\x07"), (0x30, b"x" * 200), (0xD0, b"")]
        assert not stream
