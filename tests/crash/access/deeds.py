"""What is done at the doors in each round, just before its act: some of it is under way then."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from tests.crash.access.field import Field
from tests.crash.progress import expect, until
from tests.gateway_process import GatewayProcess

ANSWERED_WITHIN_S: Final = 30.0
"""Longer than any command lasts."""

SHUT: Final = {"contact": "closed", "lock": "locked"}
OPEN: Final = {"contact": "open"}


def is_granted(number: int) -> bool:
    """In every other round somebody shows a card before the door opens."""
    return number % 2 == 1


def is_deaf(number: int) -> bool:
    """In every third the door asked to open does not obey, so the command lasts."""
    return number % 3 == 0


def plate(number: int) -> str:
    return f"京A{number:05d}"


@dataclass(slots=True)
class Deeds:
    """`answers`: of the commands that were asked for, by device, what the gateway said; None where
    it was killed before."""

    gateway: GatewayProcess
    devices: Field
    answers: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    _asking: list[threading.Thread] = field(default_factory=list)
    _client: httpx.Client | None = None

    def do(self, number: int) -> None:
        """Of round `number`. What is ordered for good is there before what a kill may cut off."""
        self._order_for_good(number)
        self._happens(number)
        asks = threading.Thread(target=self._ask, args=(f"side-{number}", "open"), name="asks")
        asks.start()
        self._asking.append(asks)

    def burn(self, number: int) -> None:
        """The panel says so, again or for the first time."""
        self.devices.say(f"panel-{number}", {"fire": "alarm"})

    def finish(self) -> None:
        """Nobody waits for an answer any more."""
        for asks in self._asking:
            asks.join()
        self._asking.clear()

    def stop(self) -> None:
        """Nothing of it is left running."""
        self.finish()
        if self._client is not None:
            self._client.close()
        self.devices.stop()

    def _order_for_good(self, number: int) -> None:
        client = self._signed_in()
        vault = f"vault-{number}"

        def locked() -> bool:
            return self._is_confirmed(vault, "lock-down")

        until(locked, lambda: f"{vault}: {self.answers[vault]}", every_s=0.3)
        if number == 0:
            for_long = (datetime.now(UTC) + timedelta(days=7)).isoformat()
            self._ask("wall", "bypass", until=for_long, lines=["fence"])
        new = {"plate": plate(number), "kind": "monthly", "holder": f"Flat {number}"}
        answer = client.post("/api/v1/passes", json=new)
        expect(answer.status_code == 201, lambda: f"no pass: {answer.text}")

    def _happens(self, number: int) -> None:
        say = self.devices.say
        say(f"gate-{number}", *({"position": word} for word in ("open", "closing", "open")))
        say(f"gate-{number}", {"position": "closing"}, {"position": "closed"})
        say(f"side-{number}", SHUT)
        say(f"exit-{number}", SHUT)
        card = {"result": "granted", "credential": f"card-{number}", "holder": f"holder-{number}"}
        granted = {"access": {**card, "direction": "in"}}
        say(f"hall-{number}", SHUT, *([granted] if is_granted(number) else []), OPEN, SHUT)
        say(f"gate-{number}", {"safety-loop": "free"})
        say(f"gate-{number}", {"plate": {"plate": plate(number), "confidence": 0.99}})
        self.burn(number)

    def _is_confirmed(self, device: str, action: str) -> bool:
        """Just started, the gateway refuses everything."""
        self._ask(device, action)
        answer = self.answers[device]
        return answer is not None and answer.get("result") == "confirmed"

    def _ask(self, device: str, action: str, **more: object) -> None:
        order = {"action": action, "reason": "crash suite", **more}
        self.answers[device] = None
        try:
            answer = self._signed_in().post(f"/api/v1/devices/{device}/commands", json=order)
        except httpx.TransportError:
            return
        self.answers[device] = answer.json()

    def _signed_in(self) -> httpx.Client:
        """The session outlives the gateway's processes."""
        if self._client is None:
            self._client = self._new_session()
        return self._client

    def _new_session(self) -> httpx.Client:
        headers = {"Origin": self.gateway.url}
        client = httpx.Client(
            base_url=self.gateway.url, timeout=ANSWERED_WITHIN_S, headers=headers, verify=False
        )
        client.get(self.gateway.sign_in_link)
        return client
