"""A running gateway's API, as a program outside uses it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio.lowlevel
import httpx

from tests.gateway_process import GatewayProcess

# httpx loads its transport, and anyio its backend, at first use: that would hold a test's loop.
httpx.AsyncClient(verify=False)
anyio.run(anyio.lowlevel.checkpoint)


@asynccontextmanager
async def signed_in(gateway: GatewayProcess) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the session of the printed link."""
    headers = {"Origin": gateway.url}
    async with httpx.AsyncClient(
        base_url=gateway.url, timeout=20, headers=headers, verify=False
    ) as client:
        assert (await client.get(gateway.sign_in_link)).status_code == 303
        yield client


async def ticket_of(client: httpx.AsyncClient, rule: str) -> Mapping[str, Any]:
    """Waits on the API's stream for the ticket of that rule."""
    async with asyncio.timeout(40), client.stream("GET", "/api/v1/stream") as stream:
        assert stream.status_code == 200
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                for ticket in json.loads(line.removeprefix("data:"))["tickets"]:
                    if ticket["key"] == rule:
                        return dict(ticket)
    raise AssertionError(f"the stream ended without a ticket of {rule}")


async def eventually(client: httpx.AsyncClient, path: str, holds: Callable[[Any], object]) -> None:
    """Asks until the answer is as it should be."""
    async with asyncio.timeout(20):
        while not holds((await client.get(path)).json()):
            await asyncio.sleep(0.02)


async def told(client: httpx.AsyncClient, point: str, **said: object) -> None:
    """Waits until the newest reading of `device/name` is like that: `value=1.5`."""

    def is_so(answer: Mapping[str, Any]) -> bool:
        latest = answer["latest"] or {}
        return all(latest.get(key) == value for key, value in said.items())

    await eventually(client, f"/api/v1/points/{point}", is_so)
