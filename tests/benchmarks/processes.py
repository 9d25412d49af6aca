"""What our child processes have used of the processor."""

import psutil


def child_running(module: str) -> psutil.Process:
    """The child of this process that was started with `python -m MODULE`."""
    (process,) = (each for each in psutil.Process().children() if module in each.cmdline())
    return process


def cpu_s(process: psutil.Process) -> float:
    """Processor seconds so far, of all its threads, in the kernel too."""
    times = process.cpu_times()
    return times.user + times.system
