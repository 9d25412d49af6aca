"""YAML text → nodes: what stays text, where things stand, what is refused."""

from pathlib import Path

import pytest

from gateway.site.document import MAX_BYTES, Node, parse, read
from gateway.site.problems import BadSite, Place, Problem


def parsed(text: str) -> Node:
    problems: list[Problem] = []
    node = parse("f", text, problems)
    assert problems == []
    return node


def refused(text: str) -> list[str]:
    problems: list[Problem] = []
    try:
        parse("f", text, problems)
    except BadSite as error:
        problems = list(error.problems)
    assert problems
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    "word", ["on", "off", "yes", "no", "y", "n", "On", "NO", "1:30", "12:30:45"]
)
def test_words_that_yaml_1_1_turns_into_something_else_stay_text(word: str) -> None:
    assert parsed(f"- {word}").plain() == [word]
    assert parsed(f"{word}: 1").plain() == {word: 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("007", 7),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("'7'", "7"),
        ('"true"', "true"),
        ("2026-01-01", "2026-01-01"),
        (".nan", ".nan"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    found = parsed(f"- {text}").items[0].value
    assert (type(found), found) == (type(value), value)


def test_every_key_and_value_knows_its_place() -> None:
    root = parsed("a: 1\nb:\n  - x\n  - {c: 水, dd: 2}\n")
    assert root.entries["a"].key_at == Place("f", 1, 1)
    assert root.get("a").at == Place("f", 1, 4)
    assert root.get("b", 1, "dd").key == Place("f", 4, 12)
    assert root.get("b", 1, "dd").at == Place("f", 4, 16)


def test_anchors_are_shared_and_place_their_values_where_they_are_written() -> None:
    root = parsed("a: &there {x: 1}\nb: *there\n")
    assert root.plain() == {"a": {"x": 1}, "b": {"x": 1}}
    assert root.get("b").at == Place("f", 1, 4)
    assert root.get("b").key == Place("f", 2, 1)


def test_a_key_written_twice_is_told_with_the_line_of_the_first() -> None:
    assert refused("a: 1\nb: 2\na: 3\n") == [
        "f:3:1: key 'a' is there twice; expected once; the first is on line 1"
    ]


def test_a_billion_laughs_are_refused() -> None:
    laughs = "a0: &a0 [lol]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    assert "too much in one file; expected at most 100000 values" in refused(laughs)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1, 2\nb: 3\n", "f:2:2: expected ',' or ']', but got ':'"),
        ("a: 1\n b: 2\n", "f:2:3: mapping values are not allowed here"),
        ("a: 'x", "f:1:6: found unexpected end of stream"),
        ("a:\n\t- b", "f:2:1: found character '\\t' that cannot start any token"),
        ("", "f:1:1: the file is empty"),
        ("# nothing\n", "f:1:1: the file is empty"),
        ("a: 1\n---\nb: 2\n", "f:2:1: a second document"),
        ("a: *b\n", "f:1:4: alias *b has no anchor"),
        ("a: &a [*a]\n", "f:1:8: alias *a has no anchor"),
        ("a: !!python/object:os.system {}\n", "f:1:4: tag "),
        ("a: !env X\n", "f:1:4: tag '!env'"),
        ("[a]: 1\n", "f:1:1: this key is no word"),
        ("a: \x07\n", "f:1:4: character U+0007 may not stand in YAML"),
        ('a: "\\ud800"\n', "f:1:4: half a surrogate pair"),
        ('a: "\\U7fffffff"\n', "f:1:1: not YAML"),
        ("[" * 5000, "nested too deep; expected at most 32 levels"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_where_it_stands(text: str, expected: str) -> None:
    assert expected in refused(text)[0]


def read_refused(path: Path) -> str:
    with pytest.raises(BadSite) as caught:
        read(path, [])
    return str(caught.value)


def test_a_missing_file_a_folder_and_an_impossible_name_are_told(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    assert read_refused(missing).startswith(f"{missing}:1:1: cannot be read: No such file")
    assert "cannot be read: Is a directory" in read_refused(tmp_path)
    assert "cannot be read" in read_refused(Path("nul\0.yaml"))


def test_text_that_is_not_utf_8_is_told_with_the_place_of_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"a: 1\nb: caf\xe9\n")
    assert read_refused(file).startswith(f"{file}:2:7: byte 0xe9 is not UTF-8")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    node = read(file, [])
    assert (node.plain(), node.at.column) == ({"a": 1}, 1)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES * 1000)
    assert "is too big; expected at most 1 MiB" in read_refused(file)
