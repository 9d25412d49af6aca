"""One way to reach people, by an apprise URL: DingTalk, WeCom, Feishu, e-mail, SMS, webhook, …"""

import asyncio
import logging
import threading
from contextlib import suppress
from typing import Final

import apprise
from apprise.plugins.base import NotifyBase
from apprise.plugins.custom_form import NotifyForm
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.custom_xml import NotifyXML
from apprise.plugins.email.base import NotifyEmail

from gateway.errors import BadConfig, GatehouseError, Unreachable
from gateway.model.backoff import Backoff
from gateway.model.clock import SECOND, Clock, Micros
from gateway.outside import answers, robots, sms_gateways
from gateway.outside.failures import failure
from gateway.outside.sender import Letter
from gateway.outside.sms_gateways import IDEMPOTENCY_KEY, idempotent

PATIENCE_S: Final = 30.0
"""How long a channel may take for one notice before the next channel is tried."""

FIRST_REST: Final[Micros] = 2 * SECOND
LONGEST_REST: Final[Micros] = 60 * SECOND

_CARRIES_HEADERS: Final = (NotifyJSON, NotifyForm, NotifyXML, NotifyEmail)


class Channel:
    """`fault` says why the last letter could not be sent, None when it could. BadConfig for a URL
    that apprise cannot use.

    After a failure it rests until `resting_until`, so that a dead channel costs one probe per
    back-off; until `paced_until` the receiver would take no more.
    """

    def __init__(self, id_: str, url: str, clock: Clock, patience_s: float = PATIENCE_S) -> None:
        self.id = id_
        self.fault: str | None = None
        self.resting_until: Micros = 0
        self.paced_until: Micros = 0
        self._url = url
        self._clock = clock
        self._patience_s = patience_s
        self._backoff = Backoff(FIRST_REST, LONGEST_REST)
        self._is_stuck = False
        sms_gateways.expected(f"notices.channels.{id_}", _service(id_, url), url)

    async def send(self, letter: Letter) -> None:
        """Returns when the receiver has taken it; Unreachable or Refused when it has not. Taken is
        not seen."""
        try:
            await self._send_in_time(letter)
        except GatehouseError as error:
            self.fault = error.problem
            self.resting_until = self._clock() + self._backoff.wait()
            raise
        self.fault = None
        self.resting_until = 0
        self._backoff.reset()

    async def _send_in_time(self, letter: Letter) -> None:
        late = Unreachable(self.id, "does not answer in time", "check that it is up")
        if self._is_stuck:
            raise late
        try:
            async with asyncio.timeout(self._patience_s):
                await self._in_own_thread(letter)
        except TimeoutError:
            raise late from None

    async def _in_own_thread(self, letter: Letter) -> None:
        """A receiver that drips its answer for ever must hold up neither the other channels nor
        the gateway's end: no pool's thread, and none that is waited for."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[GatehouseError | None] = loop.create_future()

        def tell(outcome: GatehouseError | None) -> None:
            self._is_stuck = False
            if not told.done():
                told.set_result(outcome)

        def work() -> None:
            outcome = self._send(letter)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(tell, outcome)

        self._is_stuck = True  # until it has told
        threading.Thread(target=work, name=f"channel {self.id}", daemon=True).start()
        outcome = await told
        if outcome is not None:
            raise outcome

    def _send(self, letter: Letter) -> GatehouseError | None:
        try:
            service = _service(self.id, self._url)
            message = self._message(service, letter)
            if message is None:
                _by_apprise(self.id, service, letter)
            else:
                answers.send(self.id, message, sum(service.request_timeout))
        except GatehouseError as error:
            return error
        except Exception as error:  # whatever a plugin may raise is that channel's failure
            return failure(self.id, type(error).__name__)
        return None

    def _message(self, service: NotifyBase, letter: Letter) -> answers.Message | None:
        """None where apprise reads all there is in the answer."""
        text, now = f"{letter.title}\n{letter.body}", self._clock()
        expected = sms_gateways.expected(self.id, service, self._url)
        if expected is not None:
            return sms_gateways.message(service, expected, text, letter.key)
        message = robots.message(service, self._url, text, now)
        if message is not None:
            self.paced_until = now + robots.PACE
        return message


def _by_apprise(receiver: str, service: NotifyBase, letter: Letter) -> None:
    if isinstance(service, _CARRIES_HEADERS):
        service.headers[IDEMPOTENCY_KEY] = idempotent(letter.key)
    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    said: list[str] = []
    taken = sender.notify(
        body=letter.body,
        title=letter.title,
        body_format=apprise.NotifyFormat.TEXT,
        log_callback=lambda entry, _service: said.append(entry.message),
        log_level=logging.DEBUG,
    )
    if not taken:
        raise failure(receiver, *said)


def _service(id_: str, url: str) -> NotifyBase:
    """A new one each time: apprise's keep to a rate by sleeping between two letters."""
    asset = apprise.AppriseAsset(
        app_id="Gatehouse",
        app_desc="Gatehouse",
        async_mode=False,
        service_timeout=0,  # no threads of apprise's own: see PATIENCE_S
        http_redirects=False,  # a redirected POST becomes a GET, whose 200 means nothing
        allow_templates=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        remedy = "compare it with docs/engineer/notices.md; it is not shown, for it holds secrets"
        raise BadConfig(f"notices.channels.{id_}", "is not a URL that apprise can use", remedy)
    return service


# apprise tells why at DEBUG only, and with URLs and tokens: log_callback hears it, nobody else.
logging.getLogger("apprise").propagate = False
logging.getLogger("apprise").setLevel(logging.DEBUG)
