"""Tells a service outside that the gateway lives, hears and alarms: a dead man's switch.

The service raises the alarm when the calls stop. So they stop on purpose when the gateway has gone
deaf: when readings are not stored, or the alarm service does not follow them.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from gateway.errors import GatehouseError
from gateway.health import ALARMS, Health
from gateway.model.clock import SECOND
from gateway.outside.http import request
from gateway.site.model import HeartbeatPlan

logger = logging.getLogger(__name__)

NAME: Final = "heartbeat"

Sleep = Callable[[float], Awaitable[object]]


class Heartbeat:
    """`fault` says why the newest call failed, None when it did not; `withheld` why none is made,
    None while the gateway is well."""

    def __init__(
        self,
        plan: HeartbeatPlan,
        http: httpx.AsyncClient,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.fault: str | None = None
        self.withheld: str | None = None
        self._plan = plan
        self._http = http
        self._sleep = sleep
        self._alarms_at: int | None = None
        """Where the alarm service stood at the beat before, if it was behind then."""

    async def run(self, health: Callable[[], Health]) -> None:
        """Until cancelled."""
        while True:
            await self.beat(health())
            await self._sleep(self._plan.every / SECOND)

    async def beat(self, health: Health) -> None:
        """One call, if the gateway is well."""
        withheld = self._deafness(health)
        if withheld != self.withheld:
            logger.warning("heartbeat: %s", withheld or "goes on")
        self.withheld = withheld
        if withheld is not None:
            return
        try:
            await request(self._http, NAME, "GET", self._plan.url)
        except GatehouseError as error:
            if self.fault is None:
                logger.warning("%s", error)
            self.fault = error.problem
        else:
            self.fault = None

    def _deafness(self, health: Health) -> str | None:
        """Why an alarm might not be raised now. A connection that is down raises its own."""
        if health.journal.fault is not None:
            return f"withheld: journal: {health.journal.fault}"
        alarms = next(each for each in health.followers if each.name == ALARMS)
        if alarms.fault is not None:
            return f"withheld: alarms: {alarms.fault}"
        before = self._alarms_at
        self._alarms_at = health.journal.seq - alarms.behind if alarms.behind else None
        if before is not None and before == self._alarms_at:
            return "withheld: alarms: stand still"
        return None
