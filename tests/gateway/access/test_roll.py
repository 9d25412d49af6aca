"""A roll never changes, is the same however it came about, and tells what moved since another."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.roll import Known, Roll, digest

# Few letters, so that many digests begin alike.
DIGESTS = st.text("0f", min_size=3, max_size=3).map(lambda end: end.rjust(24, "0"))
PEOPLE = st.builds(
    Known,
    who=DIGESTS,
    inside=st.booleans(),
    heard=st.integers(0, 9),
    told=st.just(0),
    until=st.integers(0, 9),
    leaving=st.booleans(),
)
MOVES = st.lists(st.one_of(PEOPLE, DIGESTS), max_size=40)
"""Somebody moves, or is forgotten."""


def played(moves: list[Known | str]) -> tuple[Roll, dict[str, Known]]:
    roll, model = Roll(), dict[str, Known]()
    for move in moves:
        if isinstance(move, Known):
            roll, model[move.who] = roll.knowing(move), move
        else:
            roll = roll.without(move)
            model.pop(move, None)
    return roll, model


@given(MOVES, st.integers(0, 10))
@settings(deadline=None)
def test_it_knows_what_a_dictionary_would(moves: list[Known | str], now: int) -> None:
    roll, model = played(moves)
    people = list(model.values())
    assert {known.who: known for known in roll} == model
    assert len(roll) == len(model)
    assert roll.present == sum(known.inside and not known.leaving for known in people)
    assert roll.until == min((known.until for known in people), default=None)
    stalest = roll.stalest
    assert (stalest and stalest.heard) == min((known.heard for known in people), default=None)
    assert all(roll.get(who) == known for who, known in model.items())
    assert roll == Roll(reversed(people))
    assert roll.forgotten(now) == Roll(known for known in people if known.until > now)


@given(MOVES, MOVES)
@settings(deadline=None)
def test_its_changes_make_it_of_any_other(
    first: list[Known | str], later: list[Known | str]
) -> None:
    (before, model), (after, wanted) = played(first), played(first + later)
    changes = after.changes(before)
    written = {known.who: known for known in changes.known}
    assert all(model.get(who) != known for who, known in written.items())
    left = {who: known for who, known in model.items() if who not in changes.gone}
    assert left | written == wanted


def test_one_who_moves_is_all_that_changes() -> None:
    crowd = Roll(Known(digest(str(number)), True, 1, 1, 9) for number in range(5_000))
    known = crowd.get(digest("7"))
    assert known is not None
    moved = replace(known, inside=False)
    after = crowd.knowing(moved).without(digest("8"))
    assert after.changes(crowd) == ([moved], [digest("8")])
    assert crowd.get(digest("7")) == known


def test_what_is_no_digest_is_nobodys() -> None:
    roll = Roll([Known(digest("li"), True, 1, 1, 9)])
    assert [roll.get(who) for who in ("", "li", "X" * 24)] == [None] * 3
