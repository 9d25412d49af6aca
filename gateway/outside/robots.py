"""Chat robots of DingTalk, WeCom and Feishu, asked whether they took the message.

They answer a message they refuse (wrong signature, missing keyword, too many in a minute) with
status 200 and a code in the body. apprise 2.2 takes any 200 for delivered, so its plugins read the
URL here and the answer is read by us.
Sources: open.dingtalk.com, custom robot; developer.work.weixin.qq.com, 91770; open.feishu.cn,
custom bot.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from gateway.errors import Refused
from gateway.model.clock import MILLISECOND, SECOND, Micros
from gateway.outside.failures import failed, refusal

PACE: Final[Micros] = 3 * SECOND
"""DingTalk and WeCom take 20 messages a minute from a robot, and DingTalk then none for ten."""

_LONGEST: Final = 1_500
"""Bytes of text. WeCom takes 2,048, the others more."""


@dataclass(frozen=True, slots=True)
class Message:
    """One HTTP request that a robot takes."""

    url: str = field(repr=False)
    body: Mapping[str, Any]
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


def message(service: NotifyBase, text: str, at: Micros) -> Message | None:
    """What to send to that service at that instant; None when it is none of these robots."""
    text = text.encode()[:_LONGEST].decode(errors="ignore")
    match service:
        case NotifyDingTalk():
            return _to_dingtalk(service, text, at)
        case NotifyWeComBot():
            return Message(service.api_url, {"msgtype": "text", "text": {"content": text}})
        case NotifyFeishu():
            url = service.notify_url.format(token=service.token)
            return Message(url, {"msg_type": "text", "content": {"text": text}})
    return None


def send(receiver: str, message: Message, timeout_s: float) -> None:
    """Blocks. Unreachable or Refused when the robot has not taken it."""
    try:
        answer = httpx.post(
            message.url, json=message.body, params=message.params or None, timeout=timeout_s
        )
    except httpx.HTTPError as error:
        raise failed(receiver, error) from None
    if not answer.is_success:
        raise refusal(receiver, answer.status_code)
    code = _code(answer)
    if code != 0:
        remedy = "look the code up in its manual: signature, keyword, or too many messages"
        raise Refused(receiver, f"does not take the message (code {code})", remedy)


def _to_dingtalk(service: NotifyDingTalk, text: str, at: Micros) -> Message:
    params = {}
    if service.secret:
        timestamp = str(at // MILLISECOND)
        said = f"{timestamp}\n{service.secret}".encode()
        digest = hmac.digest(service.secret.encode(), said, hashlib.sha256)
        params = {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}
    body = {
        "msgtype": "text",
        "text": {"content": text},
        "at": {"atMobiles": list(service.targets), "isAtAll": False},
    }
    return Message(service.notify_url.format(token=service.token), body, params)


def _code(answer: httpx.Response) -> object:
    """0 when it took the message; None when it says nothing we know."""
    try:
        said = answer.json()
    except ValueError:
        return None
    names = ("errcode", "code", "StatusCode")
    found = [said[name] for name in names if name in said] if isinstance(said, dict) else []
    return found[0] if found else None
