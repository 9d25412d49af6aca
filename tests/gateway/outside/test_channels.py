"""Channels, against real receivers on loopback."""

import base64
import hashlib
import hmac
import io
import json
import logging
import ssl
from urllib.parse import parse_qsl

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from gateway.errors import BadConfig, GatehouseError, Refused, Unreachable
from gateway.model.clock import SECOND
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


FEISHU = "/open-apis/bot/v2/hook/{token}/"
REFUSED_BY_FEISHU = b'{"code":19021,"data":{},"msg":"sign match fail"}'
TAKEN_BY_FEISHU = b'{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}'


@pytest.mark.parametrize(("url", "is_signed"), [("", False), ("?secret=s%2Fcret", True)])
async def test_feishu_is_sent_text_signed_where_it_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, url: str, is_signed: bool
) -> None:
    """A fake Feishu, after open.feishu.cn's page on custom bots."""
    clock = HandClock()
    with receiver() as peer:
        monkeypatch.setattr(NotifyFeishu, "notify_url", f"http://127.0.0.1:{peer.port}{FEISHU}")
        peer.answers = [Answer(body=REFUSED_BY_FEISHU), Answer(body=TAKEN_BY_FEISHU)]
        channel = Channel("robot", f"feishu://token1{url}", clock)
        assert (await fault_of(channel)).problem == "does not take the message (code 19021)"
        await channel.send(LETTER)
    got = json.loads(peer.got[-1].body)
    assert peer.got[-1].path == "/open-apis/bot/v2/hook/token1/"
    assert got["content"] == {"text": f"{LETTER.title}\n{LETTER.body}"}
    assert ("sign" in got) == is_signed
    if is_signed:
        assert got["timestamp"] == str(clock() // SECOND)
        key = f"{got['timestamp']}\ns/cret".encode()
        due = hmac.new(key, b"", hashlib.sha256).digest()
        assert base64.b64decode(got["sign"]) == due


async def test_smseagle_has_taken_it_when_its_answer_says_ok() -> None:
    """A fake SMSEagle, after its JSON-RPC API: refusals are answered 200, too."""
    with receiver() as peer:
        peer.answers = [
            Answer(body=b'{"result":{"error_text":"Invalid access token","status":"error"}}'),
            Answer(body=b'{"result":[{"message_id":4753,"status":"ok"}]}'),
        ]
        url = f"smseagle://token@127.0.0.1:{peer.port}/13800000000"
        channel = Channel("sms", url, HandClock())
        await fault_of(channel)
        await channel.send(LETTER)
    sent = json.loads(peer.got[-1].body)
    assert (sent["method"], sent["params"]["to"]) == ("sms.send_sms", "13800000000")
    assert LETTER.body in sent["params"]["message"]


GATEWAYS = [
    ("form", "code:0", b'{"code":2,"msg":"no such user"}', b'{"code":0,"msg":"sent"}', "2"),
    ("json", "messages.0.status:0", b'{"messages":[{"status":"4"}]}',
     b'{"messages":[{"status":"0"}]}', "4"),
    ("json", "Code:OK", b'{"Code":"isv.OUT_OF_SERVICE"}', b'{"Code":"OK"}', "isv.OUT_OF_SERVICE"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "ok", "refused", "taken", "code"), GATEWAYS)
async def test_an_sms_gateway_has_taken_it_when_its_answer_says_what_it_must(
    kind: str, ok: str, refused: bytes, taken: bytes, code: str
) -> None:
    with receiver() as peer:
        peer.answers = [Answer(body=refused), Answer(body=b"no JSON"), Answer(403)]
        peer.answer = Answer(body=taken)
        fields = ":message=content&:mobile=13800000000&-v=2&+X-Key=secret"
        url = f"{kind}://u:p@127.0.0.1:{peer.port}/sms/send?{fields}&ok={ok}"
        channel = Channel("sms", url, HandClock())
        assert (await fault_of(channel)).problem == f"does not take the message (code {code})"
        assert (await fault_of(channel)).problem == "does not take the message (code None)"
        assert (await fault_of(channel)).problem == "answers with status 403"
        await channel.send(LETTER)
    got = peer.got[-1]
    read = json.loads if kind == "json" else lambda body: dict(parse_qsl(body.decode()))
    assert read(got.body) == {
        "mobile": "13800000000",
        "content": f"{LETTER.title}\n{LETTER.body}",
    }
    assert got.path == "/sms/send?v=2"
    assert got.headers["x-key"] == "secret"
    assert got.headers["authorization"].startswith("Basic ")
    assert got.headers["idempotency-key"] == LETTER.key


@pytest.mark.parametrize("url", ["json://sms.test/?ok=code", "mailto://a:b@mail.test/?ok=code:0"])
def test_what_cannot_be_asked_of_an_answer_is_a_mistake_in_the_site_file(url: str) -> None:
    with pytest.raises(BadConfig, match="ok="):
        Channel("sms", url, HandClock())
