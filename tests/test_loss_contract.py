"""Every sentence of the loss contract has a test, and every such test a sentence."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRACT = ROOT / "docs" / "engineer" / "loss-contract.md"
SENTENCE = re.compile(r"^\*\*([KL]\d+)\*\*", re.MULTILINE)
MARK = re.compile(r"\.promise\(([^)]*)\)")


def test_every_sentence_has_a_test_and_every_such_test_a_sentence() -> None:
    promised = set(SENTENCE.findall(CONTRACT.read_text("utf-8")))
    marks = [
        mark
        for file in (ROOT / "tests").rglob("test_*.py")
        for mark in MARK.findall(file.read_text("utf-8"))
    ]
    tested = {number for mark in marks for number in re.findall(r'"(\w+)"', mark)}
    assert tested == promised
