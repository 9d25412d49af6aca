"""What a test must not leave running: tasks, threads, child processes, sockets."""

import asyncio
import asyncio.runners
import ctypes
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from unittest.mock import patch

import psutil

GRACE_S: Final = 2.0
"""What was told to end has this long to be gone."""
_PR_SET_CHILD_SUBREAPER: Final = 36
_KEPT_BY_PYTHON: Final = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""Python's own helpers, started once and kept until the interpreter ends."""


@dataclass(frozen=True, slots=True)
class Running:
    """What runs in this process now; `sockets` maps a socket's inode to its file descriptor."""

    threads: frozenset[threading.Thread]
    children: frozenset[psutil.Process]
    sockets: dict[str, int]

    @classmethod
    def now(cls) -> "Running":
        return cls(frozenset(threading.enumerate()), frozenset(_children()), _sockets())


def adopt_orphans() -> None:
    """Makes a grandchild whose parent dies this process's child (Linux, prctl(2)), so that it is
    seen as left behind instead of vanishing to the init process."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def left_since(before: Running) -> list[str]:
    """Names what runs now and did not `before`, after `GRACE_S` at most; ends such processes."""
    deadline = time.monotonic() + GRACE_S
    while (left := _difference(before)) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    if left:
        _end(_new_children(Running.now(), before))
    return left


@contextmanager
def unfinished_tasks() -> Iterator[list[str]]:
    """Collects the tasks an asyncio runner finds to cancel when it closes: `asyncio.run()` and
    pytest-asyncio would both sweep them away in silence."""
    left: list[str] = []
    sweep = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]  # private: nothing public is called at this moment

    def telling_sweep(loop: asyncio.AbstractEventLoop) -> None:
        tasks = asyncio.all_tasks(loop)
        if tasks:
            _, pending = loop.run_until_complete(asyncio.wait(tasks, timeout=GRACE_S / 10))
            left.extend(f"task {task.get_name()}: {task.get_coro()!r}" for task in pending)
        sweep(loop)

    with patch.object(asyncio.runners, "_cancel_all_tasks", telling_sweep):
        yield left


def _difference(before: Running) -> list[str]:
    now = Running.now()
    return [
        *(f"thread {thread.name}" for thread in now.threads - before.threads),
        *(f"process {_command(child)}" for child in _new_children(now, before)),
        *_told({i: fd for i, fd in now.sockets.items() if i not in before.sockets}),
    ]


def _new_children(now: Running, before: Running) -> list[psutil.Process]:
    """Without those that a server from before has started for itself: PostgreSQL's own workers come
    and go, and the whole server starts again when one of them is killed."""
    found = []
    for child in now.children - before.children:
        with suppress(psutil.NoSuchProcess):
            if before.children.isdisjoint(child.parents()):
                found.append(child)
    return found


def _children() -> list[psutil.Process]:
    """Live children and their descendants; ended ones are reaped."""
    live = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if child.status() == psutil.STATUS_ZOMBIE:
                continue
            if not any(kept in " ".join(child.cmdline()) for kept in _KEPT_BY_PYTHON):
                live.append(child)
    return live


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
            process.wait(GRACE_S)


def _command(process: psutil.Process) -> str:
    try:
        return f"{process.pid}: {' '.join(process.cmdline())}"
    except psutil.NoSuchProcess:
        return str(process.pid)


def _sockets() -> dict[str, int]:
    found = {}
    for fd in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the descriptor of this listing is gone already
            target = str(fd.readlink())
            if target.startswith("socket:"):
                found[target] = int(fd.name)
    return found


def _told(sockets: dict[str, int]) -> list[str]:
    if not sockets:
        return []
    known = {connection.fd: connection for connection in psutil.Process().net_connections("all")}
    return [
        f"socket fd {fd}: {known[fd].status} {known[fd].laddr} -> {known[fd].raddr}"
        if fd in known
        else f"socket fd {fd}"
        for fd in sockets.values()
    ]
