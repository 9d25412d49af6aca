"""People and systems outside, as the site file says."""

from gateway.site.draft import Draft
from gateway.site.model import HeartbeatPlan, NoticeSettings, Webhook
from gateway.site.outside_schema import HeartbeatEntry, NoticesEntry, WebhookEntry


def check_outside(draft: Draft) -> None:
    """An audience is reached over channels there are, at least one."""
    notices = draft.entries.notices
    at = draft.nodes.get("notices", "audiences")
    for audience, channels in notices.audiences.items():
        if not channels:
            draft.add(at.get(audience).at, "nobody would be told", "expected a channel")
        for channel, node in zip(channels, at.get(audience).items, strict=True):
            if channel not in notices.channels:
                draft.unknown(node.at, "channel", channel, notices.channels)


def notices(entry: NoticesEntry) -> NoticeSettings:
    """Channels and audiences."""
    return NoticeSettings(
        channels={id_: channel.url for id_, channel in entry.channels.items()},
        audiences={id_: tuple(channels) for id_, channels in entry.audiences.items()},
    )


def webhooks(entries: dict[str, WebhookEntry]) -> tuple[Webhook, ...]:
    """In the order of the file."""
    return tuple(Webhook(id_, entry.url, entry.secret) for id_, entry in entries.items())


def heartbeat(entry: HeartbeatEntry | None) -> HeartbeatPlan | None:
    """None where nobody listens for it."""
    return None if entry is None else HeartbeatPlan(entry.url, entry.every)
