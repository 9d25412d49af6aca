"""What a site file says of people and systems outside."""

from pydantic import Field

from gateway.model.clock import MINUTE
from gateway.site import fields as f
from gateway.site.entry import Entry


class ChannelEntry(Entry):
    """One way to reach people."""

    url: f.ChannelUrl
    """An apprise URL; better as ${NAME} from the environment than in the file."""


class NoticesEntry(Entry):
    """Who is told outside the desk, and how."""

    channels: dict[f.Id, ChannelEntry] = Field(default_factory=dict)
    """Ways to reach people, by id."""
    audiences: dict[f.Id, list[f.Id]] = Field(default_factory=dict)
    """Whom a notice is for: ids of channels, tried in this order."""


class WebhookEntry(Entry):
    """A ticket system of the company's own."""

    url: f.HttpUrl | None = None
    """Told of every change of a ticket; without it that system may only send."""
    secret: f.WebhookSecret
    """Signs both ways: whsec_… in Base64; better as ${NAME} from the environment."""


class HeartbeatEntry(Entry):
    """A service that raises the alarm when the gateway falls silent."""

    url: f.HttpUrl
    """Called while all is well; better as ${NAME} from the environment."""
    every: f.Lasting = MINUTE
    """How often."""
