"""A run's report, for people."""

from collections import Counter
from collections.abc import Iterator

from tests.crash.checks import Evidence, failures, stored_more_than_once
from tests.crash.plan import KILLS_BROKER, KILLS_GATEWAY, KILLS_INFLUX, Act

SHOWN = 20
"""Names shown of each kind of failure."""


def report(evidence: Evidence) -> str:
    """What was done, what was counted, and what is not as it must be."""
    return "\n".join([*_done(evidence), *_counted(evidence), *_failed(evidence)])


def _done(e: Evidence) -> Iterator[str]:
    acts = Counter(done.round.act for done in e.done)
    jumps = sum(done.round.hours is not None for done in e.done)
    influx = sum(acts[act] for act in KILLS_INFLUX) + acts[Act.CATCH_UP]
    yield f"crash suite: seed {e.seed}, {len(e.done)} rounds, {e.took_s:.0f} s"
    yield (
        f"killed: gateway {sum(acts[act] for act in KILLS_GATEWAY)}"
        f" (in {acts[Act.START]} also while it started), broker"
        f" {sum(acts[act] for act in KILLS_BROKER)}, InfluxDB {influx}"
        f" (the gateway in {acts[Act.CATCH_UP]} while it caught up); gateway stopped"
        f" {acts[Act.STALL]}; clock set {jumps}"
    )


def _counted(e: Evidence) -> Iterator[str]:
    journal, duckdb, influx = e.in_journal, e.by_message(e.duckdb), e.by_message(e.influx)
    acknowledged = len(e.acknowledged.keys() & e.said.keys())
    yield f"messages acknowledged: by the broker {len(e.taken):,}, by the gateway {acknowledged:,}"
    yield f"stored: journal {len(journal):,}, DuckDB {len(duckdb):,}, InfluxDB {len(influx):,}"
    oldest = max((e.deaths[e.taken[i].life] - e.taken[i].at for i in e.lost_by_broker), default=0.0)
    yield (
        f"the broker's own losses: {len(e.lost_by_broker)} it had acknowledged"
        + (f" up to {oldest * 1000:.0f} ms before it was killed" if e.lost_by_broker else "")
    )
    twice = len(e.journal) - len({row.identity for row in e.journal})
    yield f"given again after an acknowledgement: {e.given_again:,}; twice in the journal: {twice}"
    rows = len(e.duckdb) - len({row.identity for row in e.duckdb})
    points = len(e.influx) - len({row.identity for row in e.influx})
    yield (
        f"duplicates by point and instant: DuckDB {rows}, InfluxDB {points};"
        f" messages stored more than once: {len(list(stored_more_than_once(e)))}"
    )
    told = f"moves of alarms {len(e.moves)}, in InfluxDB {len(e.influx_moves)}"
    yield f"alarms {len(e.alarms)}, tickets {len(e.tickets)}; {told}"


def _failed(e: Evidence) -> Iterator[str]:
    found = failures(e)
    yield "all as it must be" if not found else f"FAILED: {len(found)} checks"
    for name, problems in found.items():
        yield f"  {name}: {len(problems)}"
        yield from (f"    {problem}{_fate(e, problem)}" for problem in problems[:SHOWN])
        if len(problems) > SHOWN:
            yield "    …"


def _fate(e: Evidence, problem: str) -> str:
    """Of a message: who had it, and what was done after the broker had acknowledged it."""
    said, taken = e.said.get(problem), e.taken.get(problem)
    if said is None:
        return ""
    life = "never by the broker" if taken is None else f"by the broker in its life {taken.life}"
    held = e.held_in.get(problem)
    given = "never given to the gateway" if held is None else f"given last in life {held}"
    times = e.acknowledged.get(problem, 0)
    next_ = (str(done.round) for done in e.done if taken is not None and done.at > taken.at)
    then = next(next_, "nothing was killed any more")
    return (
        f"  (told at {said.at}; acknowledged {life}; {given}, acknowledged {times} times;"
        f" then {then})"
    )
