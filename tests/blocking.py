"""How long each event-loop callback kept its loop from turning.

Wall time would blame a callback for a busy machine. What counts here is wall time less the time the
loop's thread stood in the kernel's run queue wanting a processor (`/proc/thread-self/schedstat`,
second figure, ns): what is left is the thread computing, or waiting in a blocking call. Processor
time that other threads of this process used meanwhile is taken off too: as long as they held the
interpreter, this one could not go on. So is what the host of a virtual machine gave to others
(`/proc/stat`, steal). And where the kernel had to read code or data of the process from the disk
again (major page faults), only what the thread computed counts.
"""

import asyncio
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

LIMIT_S = 0.100
SCHEDSTAT = Path("/proc/thread-self/schedstat")
STAT = Path("/proc/stat")

_STEAL_LOOK_S = 0.02
"""Before a callback steal is looked at no oftener."""


class _Watch:
    """One thread's watch: its schedstat file, kept open (1 µs a read), and the seconds excused."""

    def __init__(self) -> None:
        self.excused_s = 0.0
        self._schedstat = os.open(SCHEDSTAT, os.O_RDONLY) if SCHEDSTAT.exists() else None

    def own_time_s(self) -> float:
        """A clock that stands still while the thread wants a processor and has none, and while
        it is excused. Without schedstat: processor time alone, which misses blocking calls."""
        if self._schedstat is None:
            return time.thread_time() - self.excused_s
        queued_ns = int(os.pread(self._schedstat, 64, 0).split()[1])
        return time.monotonic() - queued_ns / 1e9 - self.excused_s

    def __del__(self) -> None:
        if self._schedstat is not None:
            os.close(self._schedstat)


class _Here(threading.local):
    """Each thread's own watch, made at its first use and closed when the thread ends."""

    def __init__(self) -> None:
        self.watch = _Watch()


_here = _Here()


@contextmanager
def excused() -> Iterator[None]:
    """For a test's own slow step inside the loop (starting a server), never for what it tests."""
    watch = _here.watch
    started = watch.own_time_s()
    try:
        yield
    finally:
        watch.excused_s += watch.own_time_s() - started


class _Steal:
    """Processor time that the host of this virtual machine gave to others, of all processors."""

    def __init__(self) -> None:
        self._tick_s = 1 / os.sysconf("SC_CLK_TCK")
        self._looked_at = 0.0
        self._s = 0.0

    def look(self) -> None:
        """Remembers it as it is about now."""
        now = time.monotonic()
        if now >= self._looked_at + _STEAL_LOOK_S:
            self._looked_at, self._s = now, self._read_s()

    def since_s(self) -> float:
        """How much of it there was since the last look."""
        return self._read_s() - self._s

    def _read_s(self) -> float:
        if not STAT.exists():
            return 0.0
        with STAT.open() as told:
            return int(told.readline().split()[8]) * self._tick_s


@contextmanager
def watched_loops(limit_s: float = LIMIT_S) -> Iterator[list[str]]:
    """Collects a line for each callback, on any event loop, that held its loop over `limit_s`."""
    held: list[str] = []
    run = asyncio.Handle._run
    steal = _Steal()

    def timed_run(handle: Any) -> None:
        subject = _subject(handle)
        watch = _here.watch
        steal.look()
        started, others = watch.own_time_s(), _others_time_s()
        faults, computed_s = _major_faults(), time.thread_time()
        run(handle)
        took_s = watch.own_time_s() - started - (_others_time_s() - others)
        if took_s > limit_s and _major_faults() > faults:
            took_s = time.thread_time() - computed_s
        if took_s > limit_s and (took_s := took_s - steal.since_s()) > limit_s:
            held.append(f"{took_s * 1000:.0f} ms in {_told(subject)}")

    with patch.object(asyncio.Handle, "_run", timed_run):
        yield held


def _major_faults() -> int:
    """Of this thread, so far."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_majflt


def _others_time_s() -> float:
    """Processor time of this process's other threads."""
    return time.process_time() - time.thread_time()


def _subject(handle: Any) -> Any:
    """The task whose step this is, or the plain callback; a handle forgets it when cancelled."""
    callback = handle._callback
    owner = getattr(callback, "__self__", None)
    return owner if isinstance(owner, asyncio.Task) else callback


def _told(subject: Any) -> str:
    if not isinstance(subject, asyncio.Task):
        return repr(subject)
    stack = subject.get_stack(limit=1)
    where = (
        f", which then stood at {stack[0].f_code.co_filename}:{stack[0].f_lineno}" if stack else ""
    )
    return f"task {subject.get_name()} ({subject.get_coro()!r}){where}"
