"""`make crash`: kills the parts again and again under load, and prints what became of it all.

python -m tests.crash [--rounds 200] [--seed N] [--minutes M] [--keep FOLDER]
"""

import argparse
import math
import os
import random
import signal
import sys
import tempfile
from pathlib import Path

from tests.crash.checks import failures
from tests.crash.parts import tails
from tests.crash.progress import Stuck
from tests.crash.report import report
from tests.crash.run import run
from tests.leftovers import sweep

ROUNDS = 200
PREFIX = "gatehouse-crash-"


def main() -> int:
    """Exit status: 0, or 1 when something is not as it must be."""
    asked = _arguments().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no part is left running
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    if asked.keep is not None:
        asked.keep.mkdir(parents=True)
        return _run(asked.keep, seed, asked)
    sweep(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        return _run(Path(folder), seed, asked)


def _run(folder: Path, seed: int, asked: argparse.Namespace) -> int:
    try:
        evidence = run(folder, seed, asked.rounds, _tell, 60 * asked.minutes)
    except Stuck as stuck:
        print(stuck, file=sys.stderr)
        return 1
    print(report(evidence))
    if not failures(evidence):
        return 0
    print(tails(folder))
    return 1


def _tell(line: str) -> None:
    print(line, flush=True)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, help="of an earlier run, to repeat it")
    parser.add_argument("--minutes", type=float, default=math.inf, help="no round begins later")
    parser.add_argument("--keep", type=Path, help="a new folder: stores and logs stay in it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
