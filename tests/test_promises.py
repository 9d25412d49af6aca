"""Every numbered sentence of what is kept and of what is never done has a test, and every such test
a sentence."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "engineer"
CONTRACTS = (DOCS / "loss-contract.md", DOCS / "safety-rules.md")
SENTENCE = re.compile(r"^\*\*([KLS]\d+)\*\*", re.MULTILINE)
MARK = re.compile(r"\.promise\(([^)]*)\)")


def test_every_sentence_has_a_test_and_every_such_test_a_sentence() -> None:
    promised = {
        number for file in CONTRACTS for number in SENTENCE.findall(file.read_text("utf-8"))
    }
    marks = [
        mark
        for file in (ROOT / "tests").rglob("test_*.py")
        for mark in MARK.findall(file.read_text("utf-8"))
    ]
    tested = {number for mark in marks for number in re.findall(r'"(\w+)"', mark)}
    assert tested == promised
