"""How the gateway's process behaves: its signals, its garbage, its threads' turns."""

import asyncio
import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.0005
"""How long a busy thread may keep the interpreter from one that waits. With Python's 5 ms a ticket
waits for it after every statement: its median came down by a fifth to a third."""


def stop_on_signal() -> asyncio.Event:
    """Set when the process is asked to end (SIGINT, SIGTERM)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


@contextmanager
def garbage_sought_in_new_things_only() -> Iterator[None]:
    """What is loaded by now stays: looking through it again and again would hold the loop for a
    quarter of a second each time. New things are looked through by ten thousands: readings come
    and go in such numbers that Python's 700 cost a fifth of the time of journalling them."""
    gc.collect()
    gc.freeze()
    usual = gc.get_threshold()
    gc.set_threshold(10_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()  # else DuckDB complains at the end of what is never freed
