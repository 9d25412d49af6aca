"""YAML text → nodes that know where they stand.

Built from PyYAML's events rather than its objects: nothing is ever constructed, tags are refused,
and plain words follow YAML 1.2's core schema, so that `on`, `no` and `1:30` stay text
(https://yaml.org/spec/1.2.2/#103-core-schema).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from gateway.site.problems import BadSite, Place, Problem

Scalar = str | int | float | bool | None

MAX_BYTES = 1 << 20
MAX_NODES = 100_000
"""Of one document, aliases counted as often as they are used."""
MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands; in a mapping also where its key stands."""

    value: "Scalar | dict[str, Node] | list[Node]"
    at: Place
    key_at: Place | None = None

    @property
    def entries(self) -> "dict[str, Node]":
        """The children of a mapping; of anything else none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Node]":
        """The children of a list; of anything else none."""
        return self.value if isinstance(self.value, list) else []

    def get(self, *path: str | int) -> "Node":
        """The node as far down that path as there is one."""
        node = self
        for step in path:
            node = node.child(step) or node
        return node

    @property
    def key(self) -> Place:
        """Where its key stands; of what has none, where it stands itself."""
        return self.key_at or self.at

    def plain(self) -> object:
        """The value as dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, step: str | int) -> "Node | None":
        """The entry of that name, or the item of that index."""
        if isinstance(step, int) and isinstance(self.value, list):
            return self.value[step] if step < len(self.value) else None
        return self.entries.get(str(step))


def read(path: Path, problems: list[Problem]) -> Node:
    """The document in that file; BadSite when it is not readable or not YAML.

    What can be passed over for now (a key written twice) is added to `problems`.
    """
    file = str(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(file, f"cannot be read: {reason}", "expected a site file") from error
    if len(raw) > MAX_BYTES:
        raise _unreadable(file, "is too big", f"expected at most {MAX_BYTES >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        at = _place(file, before)
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise BadSite(
            file, [Problem(at, what, "expected the file to be saved as UTF-8")]
        ) from error
    return parse(file, text, problems)


def parse(file: str, text: str, problems: list[Problem]) -> Node:
    """The one document in `text`; BadSite when it is not YAML. `file` names it in problems."""
    try:
        return _Builder(file, yaml.parse(text, Loader=yaml.SafeLoader), problems).document()
    except yaml.reader.ReaderError as error:
        problem = Problem(
            _place(file, text[: error.position]),
            f"character U+{ord(text[error.position]):04X} may not stand in YAML",
            "expected printable text",
        )
        raise BadSite(file, [*problems, problem]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        problem = Problem(at, error.problem or "not YAML", error.context or "expected YAML")
        raise BadSite(file, [*problems, problem]) from error
    except (ValueError, OverflowError) as error:
        # PyYAML lets chr() and int() speak for themselves on escapes and directives out of range.
        problem = Problem(Place(file, 1, 1), f"not YAML: {error}", "expected YAML")
        raise BadSite(file, [*problems, problem]) from error


class _Builder:
    """Takes events one by one; at most MAX_DEPTH deep, at most MAX_NODES altogether."""

    def __init__(self, file: str, events: Iterator[yaml.Event], problems: list[Problem]) -> None:
        self._file = file
        self._events = events
        self._problems = problems
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0

    def document(self) -> Node:
        event = self._next(yaml.StreamStartEvent, yaml.DocumentStartEvent)
        if isinstance(event, yaml.StreamEndEvent):
            raise self._fatal(Place(self._file, 1, 1), "the file is empty", "expected a site")
        root = self._node(event, 0)
        after = self._next(yaml.DocumentEndEvent)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._fatal(self._at(after), "a second document", "expected one document a file")
        return root

    def _next(self, *passed_over: type[yaml.Event]) -> yaml.Event:
        return next(event for event in self._events if not isinstance(event, passed_over))

    def _node(self, event: yaml.Event, depth: int) -> Node:
        at = self._at(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, at)
        assert isinstance(event, yaml.NodeEvent)
        before = self._count
        self._spend(1, at)
        if depth > MAX_DEPTH:
            raise self._fatal(at, "nested too deep", f"expected at most {MAX_DEPTH} levels")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._problems.append(Problem(at, f"tag {tag!r}", "expected plain YAML without tags"))
        node = self._content(event, at, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, self._count - before)
        return node

    def _content(self, event: yaml.NodeEvent, at: Place, depth: int) -> Node:
        if isinstance(event, yaml.MappingStartEvent):
            return Node(self._mapping(depth + 1), at)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := self._next(), yaml.SequenceEndEvent):
                items.append(self._node(item, depth + 1))
            return Node(items, at)
        assert isinstance(event, yaml.ScalarEvent)
        return Node(self._scalar(event, at), at)

    def _mapping(self, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key_at = self._at(event)
            key = self._text(event, key_at) if isinstance(event, yaml.ScalarEvent) else None
            self._node(event, depth)
            value = replace(self._node(self._next(), depth), key_at=key_at)
            if key is None:
                self._problems.append(Problem(key_at, "this key is no word", "expected a word"))
            elif key in entries:
                first = entries[key].key_at
                expected = f"expected once; the first is on line {first.line if first else 0}"
                self._problems.append(Problem(key_at, f"key '{key}' is there twice", expected))
            else:
                entries[key] = value
        return entries

    def _scalar(self, event: yaml.ScalarEvent, at: Place) -> Scalar:
        text = self._text(event, at)
        return text if event.style else _plain_word(text)

    def _text(self, event: yaml.ScalarEvent, at: Place) -> str:
        text: str = event.value
        if not _SURROGATE.search(text):
            return text
        # JSON writes characters beyond U+FFFF as two escapes.
        raw = text.encode("utf-16-le", "surrogatepass")
        try:
            return raw.decode("utf-16-le")
        except UnicodeDecodeError:
            self._problems.append(Problem(at, "half a surrogate pair", "expected whole characters"))
            return raw.decode("utf-16-le", "replace")

    def _alias(self, event: yaml.AliasEvent, at: Place) -> Node:
        if event.anchor not in self._anchors:
            raise self._fatal(
                at, f"alias *{event.anchor} has no anchor", f"expected &{event.anchor} above"
            )
        node, size = self._anchors[event.anchor]
        self._spend(size, at)
        return node

    def _spend(self, nodes: int, at: Place) -> None:
        self._count += nodes
        if self._count > MAX_NODES:
            raise self._fatal(at, "too much in one file", f"expected at most {MAX_NODES} values")

    def _at(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        assert mark is not None
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _fatal(self, at: Place, what: str, expected: str) -> BadSite:
        return BadSite(self._file, [*self._problems, Problem(at, what, expected)])


_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def _plain_word(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _unreadable(file: str, what: str, expected: str) -> BadSite:
    return BadSite(file, [Problem(Place(file, 1, 1), what, expected)])


def _place(file: str, before: str) -> Place:
    """The place right after `before`, the file's text up to there."""
    lines = before.split("\n")
    return Place(file, len(lines), len(lines[-1]) + 1)
