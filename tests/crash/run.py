"""Runs the rounds of a plan, lets everything catch up, and gathers what the parts then hold."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from tests.crash import stored
from tests.crash.checks import Evidence
from tests.crash.parts import DATABASE, Parts, running_parts, tails
from tests.crash.plan import KILLS_BROKER, KILLS_GATEWAY, KILLS_INFLUX, Act, Round, plan
from tests.crash.progress import WITHIN_S, Stuck, expect, until

PROPPED_AFTER_S: Final = 1.0

Tell = Callable[[str], object]


def run(folder: Path, seed: int, rounds: int, tell: Tell = str) -> Evidence:
    """Stuck when nothing goes on. `tell` is given a line for each round."""
    planned = plan(seed, rounds)
    started = monotonic()
    done: list[Round] = []
    with running_parts(folder, rounds, PROPPED_AFTER_S) as parts:
        try:
            expect(parts.tap.wait(1, WITHIN_S), "the gateway acknowledges nothing")
            for round_ in planned:
                done.append(round_)
                tell(
                    f"{round_.number + 1:4}/{rounds}  {parts.tap.total:7,} readings  {told(round_)}"
                )
                _play(parts, round_)
            _settle(parts)
        except Stuck as stuck:
            where = f"last: {told(done[-1])}" if done else "before the first round"
            raise Stuck(f"{stuck}\nseed {seed}, {where}\n{tails(folder)}") from stuck
        parts.gateway.stop()
        return _gather(parts, seed, planned, monotonic() - started)


def told(round_: Round) -> str:
    """The round in a line."""
    clock = "" if round_.hours is None else f", clock set to {round_.hours:+d} h"
    return f"round {round_.number + 1}: {round_.act} after {round_.after}{clock}"


def _gather(parts: Parts, seed: int, rounds: tuple[Round, ...], took_s: float) -> Evidence:
    data, load, tap = parts.gateway.process.data, parts.load, parts.tap
    return Evidence(
        seed=seed,
        rounds=rounds,
        took_s=took_s,
        said=dict(load.said),
        taken=dict(load.taken),
        acknowledged=dict(tap.acknowledged),
        given_again=tap.given_again,
        held_in=dict(tap.held_in),
        deaths=tuple(parts.lives.ended),
        journal=tuple(stored.journal_rows(data)),
        duckdb=tuple(stored.duckdb_rows(data)),
        influx=tuple(stored.influx_rows(parts.influx, DATABASE)),
        alarms=tuple(stored.alarms(data)),
        tickets=tuple(stored.tickets(data)),
    )


def _play(parts: Parts, round_: Round) -> None:
    parts.load.open_doors(round_.doors)
    parts.load.breach(round_.zones)
    enough = parts.tap.total + round_.after
    expect(parts.tap.wait(enough, WITHIN_S), "the gateway acknowledges no more")
    if round_.act not in KILLS_GATEWAY:
        _set_clock(parts, round_)
    match round_.act:
        case Act.STALL:
            parts.gateway.hold()
            _meanwhile(parts, round_)
            parts.gateway.go_on()
        case Act.CATCH_UP:
            parts.influx.server.kill()
            expect(
                parts.tap.wait(parts.tap.total + round_.meanwhile, WITHIN_S),
                "the gateway acknowledges nothing while InfluxDB is down",
            )
            parts.influx.server.start()
            _restart(parts, round_, kill_gateway=True)
        case act:
            _restart(parts, round_, kill_gateway=act in KILLS_GATEWAY)


def _restart(parts: Parts, round_: Round, *, kill_gateway: bool) -> None:
    act = round_.act
    down = act is not Act.CATCH_UP and act in KILLS_INFLUX
    if kill_gateway:
        parts.gateway.kill()
    if act in KILLS_BROKER:
        parts.kill_broker()
        parts.broker.server.start()
    if down:
        parts.influx.server.kill()
    if kill_gateway:
        _set_clock(parts, round_)
        if act is Act.START:
            parts.gateway.cut_short(round_.start_s)
        parts.gateway.start()
    if down:
        parts.influx.server.start()


def _set_clock(parts: Parts, round_: Round) -> None:
    if round_.hours is not None:
        parts.gateway.set_clock(round_.hours)


def _meanwhile(parts: Parts, round_: Round) -> None:
    enough = parts.load.total + round_.meanwhile
    expect(parts.load.wait(enough, WITHIN_S), "the broker acknowledges nothing")


def _settle(parts: Parts) -> None:
    """Everything that was said arrives, everybody who follows has followed."""
    parts.gateway.kill()  # what the broker still waits for it sends again to the next session
    parts.gateway.start()
    expect(parts.load.finish(WITHIN_S), "the broker does not acknowledge everything")
    tap, load = parts.tap, parts.load
    last = next(reversed(load.said))
    until(lambda: last in tap.acknowledged, lambda: f"the last message {last} is not acknowledged")
    until(lambda: not tap.open, lambda: f"not acknowledged: {sorted(tap.open)[:10]}")
    with stored.signed_in(parts.gateway.process) as unfollowed:
        until(lambda: not unfollowed(), lambda: f"not done: {unfollowed()}")
