from gateway.dead_letters import HEAD, KEPT, DeadLetterBox
from tests.gateway.samples import NOON


def test_a_letter_keeps_its_head_whatever_bytes_it_is_of() -> None:
    box = DeadLetterBox(lambda: NOON)
    box("door/state", "bad-json", b"\xff" + b"x" * 1_000)
    (letter,) = box.newest_first
    assert (letter.at, letter.source, letter.reason) == (NOON, "door/state", "bad-json")
    assert letter.head == r"\xff" + "x" * (HEAD - 1)


def test_all_are_counted_and_the_newest_kept() -> None:
    box = DeadLetterBox(lambda: NOON)
    for n in range(KEPT + 7):
        box("door/state", "bad-json", b"%d" % n)
    assert box.counts == {"bad-json": KEPT + 7}
    heads = [letter.head for letter in box.newest_first]
    assert (len(heads), heads[0], heads[-1]) == (KEPT, f"{KEPT + 6}", "7")
