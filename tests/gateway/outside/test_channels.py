"""Channels, against real receivers on loopback."""

import io
import json
import logging
import ssl

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.wecombot import NotifyWeComBot

from gateway.errors import BadConfig, GatehouseError, Refused, Unreachable
from gateway.outside.channels import Channel
from gateway.outside.sender import Letter
from tests.certificates import Authority
from tests.gateway.hand_clock import HandClock
from tests.gateway.outside.receivers import Answer, mail_server, receiver
from tests.servers import free_port

LETTER = Letter("escalation/5/1/0", "Low water", "Roof tank, tower A: 屋顶水箱")


async def fault_of(channel: Channel) -> GatehouseError:
    with pytest.raises(GatehouseError) as caught:
        await channel.send(LETTER)
    assert channel.fault == caught.value.problem
    return caught.value


async def test_a_webhook_gets_the_notice_with_its_idempotency_key() -> None:
    with receiver() as peer:
        await Channel("hook", f"json://127.0.0.1:{peer.port}/in", HandClock()).send(LETTER)
    (got,) = peer.got
    assert got.headers["idempotency-key"] == LETTER.key
    assert json.loads(got.body)["title"] == "Low water"
    assert json.loads(got.body)["message"] == LETTER.body


async def test_a_mail_arrives_with_title_text_and_key() -> None:
    with mail_server() as box:
        url = f"mailto://127.0.0.1:{box.port}?from=gate@elm.test&to=chief@elm.test"
        await Channel("mail", url, HandClock()).send(LETTER)
    (mail,) = box.got
    assert "Subject: Low water" in mail
    assert f"Idempotency-Key: {LETTER.key}" in mail


async def test_a_mail_that_the_server_refuses_is_not_delivered() -> None:
    with mail_server() as box:
        box.answer = "554 no"
        url = f"mailto://127.0.0.1:{box.port}?from=gate@elm.test&to=chief@elm.test"
        await fault_of(Channel("mail", url, HandClock()))


@pytest.mark.parametrize(
    ("status", "family"),
    [(500, Unreachable), (429, Unreachable), (403, Refused), (302, Refused)],
)
async def test_an_answer_that_is_no_success_is_told_with_its_status(
    status: int, family: type[GatehouseError]
) -> None:
    with receiver() as peer:
        peer.answer = Answer(status, {"Location": "/elsewhere", "Retry-After": "7"})
        channel = Channel("hook", f"json://127.0.0.1:{peer.port}/in", HandClock())
        error = await fault_of(channel)
    assert isinstance(error, family)
    assert error.problem == f"answers with status {status}"


async def test_a_receiver_that_is_down_is_told_as_such() -> None:
    channel = Channel("hook", f"json://127.0.0.1:{free_port()}/", HandClock())
    assert (await fault_of(channel)).problem == "nothing listens there"


async def test_a_name_that_does_not_resolve_is_told_as_such() -> None:
    channel = Channel("hook", "json://no-such-host.invalid/", HandClock())
    assert (await fault_of(channel)).problem == "its host is unknown"


async def test_a_certificate_nobody_vouches_for_is_refused(self_signed: ssl.SSLContext) -> None:
    with receiver(self_signed) as peer:
        channel = Channel("hook", f"jsons://127.0.0.1:{peer.port}/", HandClock())
        assert (await fault_of(channel)).problem == "its certificate is not trusted"
    assert peer.got == []


async def test_a_receiver_that_does_not_answer_costs_no_more_than_the_patience() -> None:
    with receiver() as peer:
        peer.open.clear()
        channel = Channel("hook", f"json://127.0.0.1:{peer.port}/", HandClock(), patience_s=0.2)
        assert (await fault_of(channel)).problem == "does not answer in time"
        # Still stuck: the next one is not begun beside it.
        assert (await fault_of(channel)).problem == "does not answer in time"
        assert len(peer.got) == 1
        peer.open.set()


ROBOTS = [
    ("dingtalk://SECRET1@token1", NotifyDingTalk, "/robot?access_token={token}"),
    ("wecombot://key-of-the-robot", NotifyWeComBot, "/robot?key={key}"),
]


@pytest.mark.parametrize(("url", "plugin", "path"), ROBOTS)
async def test_a_robot_that_answers_200_and_a_code_has_not_taken_the_message(
    monkeypatch: pytest.MonkeyPatch, url: str, plugin: type, path: str
) -> None:
    with receiver() as peer:
        monkeypatch.setattr(plugin, "notify_url", f"http://127.0.0.1:{peer.port}{path}")
        peer.answers = [Answer(body=b'{"errcode":310000,"errmsg":"sign not match"}'), Answer()]
        peer.answer = Answer(body=b'{"errcode":0,"errmsg":"ok"}')
        channel = Channel("robot", url, HandClock())
        assert (await fault_of(channel)).problem == "does not take the message (code 310000)"
        assert (await fault_of(channel)).problem == "does not take the message (code None)"
        await channel.send(LETTER)
    assert channel.fault is None
    assert json.loads(peer.got[-1].body)["text"]["content"] == f"{LETTER.title}\n{LETTER.body}"


async def test_a_failing_channel_tells_no_secret_to_log_or_error() -> None:
    log = io.StringIO()
    root, handler = logging.getLogger(), logging.StreamHandler(log)
    root.addHandler(handler)
    try:
        url = f"json://user:hush-hush@127.0.0.1:{free_port()}/hush-hush?+Authorization=hush-hush"
        error = await fault_of(Channel("hook", url, HandClock()))
        with pytest.raises(BadConfig) as caught:
            Channel("robot", "dingtalk://hush-hush", HandClock())
    finally:
        root.removeHandler(handler)
    assert "hush-hush" not in f"{error!r} {caught.value!r} {log.getvalue()}"


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server whose certificate is signed by an authority nobody knows."""
    authority = Authority(tmp_path_factory.mktemp("tls"), "unknown")
    signed = authority.signed("receiver", for_names="IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    return context
