"""SMS gateways that take a form or JSON by HTTP, and say in their answer whether they took it.

Each vendor names the fields and the answer in its own way, so the channel's URL does (see
docs/engineer/notices.md): apprise's `form://` or `json://`, its `:name=value`, and `ok=name:value`.
"""

from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from apprise.plugins.base import NotifyBase
from apprise.plugins.custom_form import NotifyForm
from apprise.plugins.custom_json import NotifyJSON

from gateway.errors import BadConfig
from gateway.outside.answers import Expected, Message

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
"""A header: a notice that comes twice has the same (draft-ietf-httpapi-idempotency-key-header)."""


def expected(receiver: str, service: NotifyBase, url: str) -> Expected | None:
    """What `ok` in the URL asks of the answer; None where it asks nothing. BadConfig where it
    cannot be asked."""
    asked = query(url).get("ok")
    if asked is None:
        return None
    name, colon, value = asked.partition(":")
    if not (name and colon and value):
        raise BadConfig(receiver, f"ok={asked} is not name:value", "write ok=code:0, for example")
    if not isinstance(service, NotifyForm | NotifyJSON) or service.method != "POST":
        raise BadConfig(receiver, "ok= is for form:// and json:// with POST", "leave it out")
    return Expected((name,), value)


def message(service: Any, asked: Expected, text: str, key: str) -> Message:
    """`service`: apprise's for forms or JSON. The text goes into the field that `:message=` names;
    fields that apprise would add are left out."""
    fields = {**service.payload_extras, **getattr(service, "payload_overrides", {})}
    name = fields.pop("message", "message")
    for apprises in ("title", "version", "type"):
        fields.pop(apprises, None)
    port = "" if service.port is None else f":{service.port}"
    return Message(
        f"{'https' if service.secure else 'http'}://{service.host}{port}{service.fullpath}",
        {**fields, name: text},
        service.params,
        {**service.headers, IDEMPOTENCY_KEY: idempotent(key)},
        (service.user, service.password or "") if service.user else None,
        is_form=isinstance(service, NotifyForm),
        expected=asked,
    )


def idempotent(key: str) -> str:
    """As a header may hold it."""
    return quote(key, safe="/:@-._~")


def query(url: str) -> dict[str, str]:
    """The URL's own arguments, each once."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
