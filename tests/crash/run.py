"""Runs the rounds of a plan, lets everything catch up, and gathers what the parts then hold."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

from tests.crash import stored
from tests.crash.access.evidence import AccessEvidence
from tests.crash.checks import Done, Evidence
from tests.crash.parts import DATABASE, Parts, running_parts, tails
from tests.crash.plan import KILLS_BROKER, KILLS_GATEWAY, KILLS_INFLUX, Act, Round, plan
from tests.crash.progress import WITHIN_S, Stuck, expect, until

PROPPED_AFTER_S: Final = 1.0
STOPS_AGAIN: Final = 3
"""Times at most that the gateway is started once more, to follow what came as it was stopped."""

Tell = Callable[[str], object]


def run(
    folder: Path, seed: int, rounds: int, tell: Tell = str, most_s: float = math.inf
) -> Evidence:
    """Stuck when nothing goes on. `tell` is given a line for each round; after `most_s` no other
    one begins."""
    started = monotonic()
    done: list[Done] = []
    with running_parts(folder, rounds, PROPPED_AFTER_S) as parts:
        try:
            expect(parts.tap.wait(1, WITHIN_S), "the gateway acknowledges nothing")
            for round_ in plan(seed, rounds):
                if monotonic() - started > most_s:
                    break
                _approach(parts, round_)
                done.append(Done(round_, monotonic()))
                tell(f"{parts.tap.total:8,} readings, {round_}")
                _play(parts, round_)
            _settle(parts, [each.round.number for each in done])
            _stop(parts)
        except Stuck as stuck:
            last = done[-1].round if done else "before the first round"
            raise Stuck(f"{stuck}\nseed {seed}, last {last}\n{tails(folder)}") from stuck
        return _gather(parts, seed, tuple(done), monotonic() - started)


def _gather(parts: Parts, seed: int, done: tuple[Done, ...], took_s: float) -> Evidence:
    data, load, tap = parts.gateway.process.data, parts.load, parts.tap
    return Evidence(
        seed=seed,
        done=done,
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
        moves=tuple(stored.ledger_moves(data)),
        influx_moves=tuple(stored.influx_moves(parts.influx, DATABASE)),
        access=_gather_access(parts),
    )


def _gather_access(parts: Parts) -> AccessEvidence:
    data, deeds = parts.gateway.process.data, parts.deeds
    return AccessEvidence(
        journal=tuple(stored.journal_rows(data)),
        alarms=tuple(stored.alarms(data)),
        tickets=tuple(stored.tickets(data)),
        commands=tuple(stored.commands(data)),
        gate_lines=tuple(stored.gate_lines(data)),
        on_site=tuple(stored.on_site(data)),
        orders=deeds.devices.orders,
        answers=dict(deeds.answers),
    )


def _approach(parts: Parts, round_: Round) -> None:
    parts.load.open_doors(round_.doors)
    parts.load.breach(round_.zones)
    parts.deeds.do(round_.number)
    _readings(parts, round_.after)


def _play(parts: Parts, round_: Round) -> None:
    if round_.act not in KILLS_GATEWAY:
        _set_clock(parts, round_)
    if round_.act is Act.STALL:
        parts.gateway.hold()
        enough = parts.load.total + round_.meanwhile
        expect(parts.load.wait(enough, WITHIN_S), "the broker acknowledges nothing")
        parts.gateway.go_on()
        return
    if round_.act is Act.CATCH_UP:
        parts.influx.server.kill()
        _readings(parts, round_.meanwhile)
        parts.influx.server.start()
    _kill(parts, round_.act)
    _start_again(parts, round_)


def _kill(parts: Parts, act: Act) -> None:
    if act in KILLS_GATEWAY:
        parts.gateway.kill()
    if act in KILLS_BROKER:
        parts.kill_broker()
    if act in KILLS_INFLUX:
        parts.influx.server.kill()


def _start_again(parts: Parts, round_: Round) -> None:
    if round_.act in KILLS_BROKER:
        parts.broker.server.start()
    if round_.act in KILLS_GATEWAY:
        _set_clock(parts, round_)
        if round_.act is Act.START:
            parts.gateway.cut_short(round_.start_s)
        parts.gateway.start()
    if round_.act in KILLS_INFLUX:
        parts.influx.server.start()


def _readings(parts: Parts, more: int) -> None:
    enough = parts.tap.total + more
    expect(parts.tap.wait(enough, WITHIN_S), "the gateway acknowledges no more")


def _set_clock(parts: Parts, round_: Round) -> None:
    if round_.hours is not None:
        parts.gateway.set_clock(round_.hours)


def _settle(parts: Parts, numbers: Sequence[int]) -> None:
    """Everything that was said arrives, everybody who follows has followed."""
    parts.deeds.finish()
    parts.gateway.kill()  # what the broker still waits for it sends again to the next session
    parts.gateway.start()
    expect(parts.load.finish(WITHIN_S), "the broker does not acknowledge everything")
    tap, load = parts.tap, parts.load
    last = next(reversed(load.said))
    until(lambda: last in tap.acknowledged, lambda: f"the last message {last} is not acknowledged")
    until(lambda: not tap.open, lambda: f"not acknowledged: {sorted(tap.open)[:10]}")
    _release(parts, numbers)
    _follow(parts)


def _follow(parts: Parts) -> None:
    with stored.signed_in(parts.gateway.process) as unfollowed:
        until(lambda: not unfollowed(), lambda: f"not done: {unfollowed()}")
    # Those that carry the alarms' moves to InfluxDB look for new ones now and then only.
    until(lambda: not _untold(parts), lambda: f"moves not in InfluxDB: {_untold(parts)}")


def _stop(parts: Parts) -> None:
    """A device that falls silent in the last moment is written of when nobody has the time to
    follow any more: they follow when the gateway is back. What is lost is not there then either."""
    parts.gateway.stop()
    for _ in range(STOPS_AGAIN):
        if not _unfollowed(parts):
            return
        parts.gateway.start()
        _follow(parts)
        parts.gateway.stop()


def _unfollowed(parts: Parts) -> bool:
    data = parts.gateway.process.data
    said = set(stored.journal_rows(data))
    histories = (stored.duckdb_rows(data), stored.influx_rows(parts.influx, DATABASE))
    return any(said.difference(kept) for kept in histories) or bool(_untold(parts))


def _release(parts: Parts, numbers: Sequence[int]) -> None:
    """The panels say again and again that it burns, as panels do, until every exit is free."""

    def shut() -> list[int]:
        locks = stored.locks(parts.gateway.process.data)
        left = [n for n in numbers if locks.get(f"exit-{n}/lock") != "unlocked"]
        for number in left:
            parts.deeds.burn(number)
        return left

    until(lambda: not shut(), lambda: f"not released in a fire: {shut()}", every_s=1.0)


def _untold(parts: Parts) -> set[stored.Move]:
    told = stored.influx_moves(parts.influx, DATABASE)
    return set(stored.ledger_moves(parts.gateway.process.data)) - set(told)
