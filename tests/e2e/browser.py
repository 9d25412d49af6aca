"""A real browser on a gateway's pages, watched for what it must not do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

from tests.gateway_process import GatewayProcess
from tests.servers import require

WAIT_MS: Final = 30_000
"""For what comes over the wire of a device; what a click does comes within the usual 5 s."""

_OPTIONS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@dataclass
class Seen:
    """What a browser did that it must not do."""

    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Chromium, with nothing of earlier runs."""
    program = require("chromium", "chromium")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
        yield running
        await running.close()


@asynccontextmanager
async def browser_page(gateway: GatewayProcess) -> AsyncIterator[tuple[Page, Seen]]:
    """One person's page."""
    async with browser() as running:
        yield await page_of(running, gateway)


async def page_of(running: Browser, gateway: GatewayProcess) -> tuple[Page, Seen]:
    """A page with cookies of its own: another person's."""
    seen = Seen()
    page = await running.new_page(locale="en-GB", viewport={"width": 1366, "height": 768})

    def note(url: str) -> None:
        if urlsplit(url).scheme != "data" and urlsplit(url).netloc != urlsplit(gateway.url).netloc:
            seen.elsewhere.append(url)

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on(
        "console",
        lambda said: seen.errors.append(said.text) if said.type == "error" else None,
    )
    return page, seen


async def sign_in(page: Page, gateway: GatewayProcess, name: str, password: str) -> None:
    """By name and password, as people do."""
    await page.goto(f"{gateway.url}/sign-in")
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{gateway.url}/")


async def add_user(page: Page, gateway: GatewayProcess, name: str, role: str) -> str:
    """By whoever is signed in on the page; returns the password."""
    password = f"{name} has long words"
    user = {"name": name, "role": role, "password": password}
    users = f"{gateway.url}/api/v1/users"
    added = await page.request.post(users, data=user, headers={"Origin": gateway.url})
    assert added.status == 201, await added.text()
    return password
