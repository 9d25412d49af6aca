"""What a site file says of people and systems outside."""

import base64
from pathlib import Path

import pytest

from gateway.model.clock import MINUTE
from gateway.site.load import load_site
from gateway.site.model import HeartbeatPlan, NoticeSettings, Site, Webhook
from gateway.site.problems import BadSite

SECRET = b"0123456789abcdef0123456789abcdef"
WRITTEN = base64.b64encode(SECRET).decode()

SITE = """
site:
  id: elm
  name: Elm Court
  time_zone: Europe/London
  data: data
  {site}
{rest}
"""


def load(folder: Path, site: str = "", rest: str = "", **environ: str) -> Site:
    path = folder / "elm.site.yaml"
    path.write_text(SITE.format(site=site, rest=rest))
    return load_site(path, environ)


def test_channels_audiences_webhooks_and_heartbeat_are_read(tmp_path: Path) -> None:
    rest = """
notices:
  channels:
    chat: {url: "${CHAT}"}
    mail: {url: "mailtos://u:p@smtp.elm.test?to=chief@elm.test"}
  audiences:
    leader: [chat, mail]
webhooks:
  erp: {url: "https://erp.test/hook", secret: "whsec_${SECRET}"}
  inward: {secret: "${SECRET}"}
"""
    loaded = load(
        tmp_path,
        'heartbeat: {url: "https://hc.test/uuid"}',
        rest,
        CHAT="dingtalk://token",
        SECRET=WRITTEN,
    )
    assert loaded.notices == NoticeSettings(
        {"chat": "dingtalk://token", "mail": "mailtos://u:p@smtp.elm.test?to=chief@elm.test"},
        {"leader": ("chat", "mail")},
    )
    assert loaded.webhooks == (
        Webhook("erp", "https://erp.test/hook", SECRET),
        Webhook("inward", None, SECRET),
    )
    assert loaded.heartbeat == HeartbeatPlan("https://hc.test/uuid", MINUTE)
    assert "token" not in repr(loaded)
    assert repr(SECRET) not in repr(loaded)


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("notices: {audiences: {leader: [sms]}}", "unknown channel 'sms'"),
        ("notices: {audiences: {leader: []}}", "nobody would be told"),
        ('notices: {channels: {sms: {url: "hush hush"}}}', "'url' is not right"),
        ('webhooks: {erp: {secret: "aHVzaA=="}}', "'secret' is not right"),
        ('webhooks: {erp: {url: "hush", secret: "hush"}}', "'url' is not right"),
    ],
)
def test_what_is_wrong_is_told_without_its_secret(tmp_path: Path, rest: str, told: str) -> None:
    with pytest.raises(BadSite) as caught:
        load(tmp_path, rest=rest)
    assert told in str(caught.value)
    assert "hush" not in str(caught.value)


def test_ids_that_the_ledger_could_not_keep_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadSite) as caught:
        load(
            tmp_path,
            rest=f"""
notices: {{channels: {{{"c" * 65}: {{url: "json://127.0.0.1/"}}}}}}
webhooks: {{{"w" * 33}: {{secret: {WRITTEN}}}}}
""",
        )
    told = str(caught.value)
    assert "expected at most 64 characters" in told
    assert "expected at most 32 characters" in told
