"""The pages start beside everything else a gateway does."""

import subprocess
import sys

STARTED_BESIDE_BUSY_THREADS = """
import asyncio, gc
from types import SimpleNamespace
import nicegui
from fastapi import FastAPI
from dashboards.pages import mount_pages

def seen():
    raise SystemError("a tuple that another thread was just making")

async def main():
    api = FastAPI()
    mount_pages(api, SimpleNamespace(clock=lambda: 0))
    gc.get_objects = seen
    async with api.router.lifespan_context(api):
        assert nicegui.app.is_started
    assert nicegui.app.is_stopped

asyncio.run(main())
"""
"""Of its own process: pages are mounted once in each."""


def test_the_pages_start_without_looking_through_all_objects() -> None:
    command = [sys.executable, "-c", STARTED_BESIDE_BUSY_THREADS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
