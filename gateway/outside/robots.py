"""Chat robots of DingTalk, WeCom and Feishu, asked whether they took the message.

They answer a message they refuse (wrong signature, missing keyword, too many in a minute) with
status 200 and a code in the body: see answers.py.
Sources: open.dingtalk.com, custom robot; developer.work.weixin.qq.com, 91770; open.feishu.cn,
custom bot.
"""

import base64
import hashlib
import hmac
from typing import Any, Final

from apprise.plugins.base import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from gateway.model.clock import MILLISECOND, SECOND, Micros
from gateway.outside.answers import Message
from gateway.outside.sms_gateways import query

PACE: Final[Micros] = 3 * SECOND
"""DingTalk and WeCom take 20 messages a minute from a robot, and DingTalk then none for ten."""

_LONGEST: Final = 1_500
"""Bytes of text. WeCom takes 2,048, the others more."""


def message(service: NotifyBase, url: str, text: str, at: Micros) -> Message | None:
    """What to send to the service of that URL at that instant; None when it is none of these
    robots."""
    text = text.encode()[:_LONGEST].decode(errors="ignore")
    match service:
        case NotifyDingTalk():
            return _to_dingtalk(service, text, at)
        case NotifyWeComBot():
            return Message(service.api_url, {"msgtype": "text", "text": {"content": text}})
        case NotifyFeishu():
            return _to_feishu(service, query(url).get("secret"), text, at)
    return None


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


def _to_feishu(service: NotifyFeishu, secret: str | None, text: str, at: Micros) -> Message:
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        timestamp = str(at // SECOND)
        digest = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)
        body |= {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}
    return Message(service.notify_url.format(token=service.token), body)
