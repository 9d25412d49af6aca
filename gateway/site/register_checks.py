"""What one register of a register map must keep to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.model.point import PointKind
from gateway.site.kind_schema import PointEntry
from gateway.site.modbus_model import BIT_TABLES, RegisterPoint, RegisterType
from gateway.site.modbus_schema import DeadbandEntry, RegisterEntry
from gateway.site.problems import suggestion

Misfit = tuple[str, str, str]
"""Key, what is wrong with it, what was expected."""

_BYTES = frozenset({RegisterType.INT8, RegisterType.UINT8})
_FLOATS = frozenset(kind for kind in RegisterType if kind.startswith("float"))
_WORDS = frozenset({RegisterType.STRING, RegisterType.TIME})
_BELONGS = {
    "byte": _BYTES,
    "bit": frozenset({RegisterType.BIT}),
    "mask": frozenset(kind for kind in RegisterType if kind.startswith("uint")),
    "length": frozenset({RegisterType.STRING}),
    "encoding": frozenset({RegisterType.STRING}),
    "layout": frozenset({RegisterType.TIME}),
    "scale": frozenset(RegisterType) - _WORDS,
    "offset": frozenset(RegisterType) - _WORDS,
    "not_available": frozenset(RegisterType) - _WORDS - {RegisterType.BIT},
}
"""Keys that only some types have."""
_NEEDS = {RegisterType.STRING: "length", RegisterType.TIME: "layout"}


@dataclass(frozen=True, slots=True)
class Check:
    """One register as it was written and as it was understood, and the point it is for."""

    entry: RegisterEntry
    register: RegisterPoint
    point: PointEntry
    most_registers: int

    def misfits(self) -> Iterator[Misfit]:
        """All that is wrong."""
        yield from self._table()
        yield from self._keys()
        yield from self._room()
        yield from self._kind()
        yield from self._states()

    def _table(self) -> Iterator[Misfit]:
        kind, table = self.register.type, self.register.table
        in_bits = table in BIT_TABLES
        if in_bits and kind is not RegisterType.BIT:
            yield "type", f"has type {kind} in {table.one}", "expected bit for a coil or input"
        if in_bits and self.entry.bit is not None:
            yield "bit", f"has a bit in {table.one}", "expected it for a bit of a register"
        if not in_bits and kind is RegisterType.BIT and self.entry.bit is None:
            yield "type", f"has type bit in {table.one}", "expected bit: 0 to 15 beside it"

    def _keys(self) -> Iterator[Misfit]:
        kind, given = self.register.type, self.entry.model_fields_set
        for key, types in _BELONGS.items():
            if key in given and kind not in types:
                told = ", ".join(sorted(types)) if len(types) < len(RegisterType) / 2 else "numbers"
                yield key, f"has {key} and type {kind}", f"expected it for {told} only"
        needed = _NEEDS.get(kind)
        if needed is not None and getattr(self.entry, needed) is None:
            yield "type", f"has type {kind} without {needed}", f"expected {needed} beside it"

    def _room(self) -> Iterator[Misfit]:
        register, bits = self.register, raw_bits(self.register.type)
        if register.end > 0x10000:
            told = f"does not fit: it takes {register.width} registers"
            yield "address", told, f"expected at most {0x10000 - register.width} from 0"
        if register.table not in BIT_TABLES and register.width > self.most_registers:
            told = f"takes {register.width} registers, and one request {self.most_registers}"
            yield "type", told, "expected limits that one request can read it with"
        if self.entry.mask is not None and self.entry.mask >> bits:
            yield "mask", f"has a mask of more than {bits} bits", "expected one that fits its type"
        for raw in self.entry.not_available or ():
            if raw >> bits:
                yield "not_available", f"cannot be {raw:#x}", f"expected {bits} bits at most"

    def _kind(self) -> Iterator[Misfit]:
        kind, point = self.register.type, self.point.kind
        if point is PointKind.EVENT:
            yield "kind", "is an event", "expected a number, a state or a text in a register"
        elif point is PointKind.TEXT and kind not in _WORDS:
            yield "type", f"is a text of type {kind}", "expected string or time"
        elif kind is RegisterType.STRING and point is not PointKind.TEXT:
            yield "type", f"is a {point} of type {kind}", "expected a type of numbers"
        elif point is PointKind.STATE and kind in _FLOATS | _WORDS:
            yield "type", f"is a state of type {kind}", "expected bit or whole numbers"
        for key in ("scale", "offset"):
            if key in self.entry.model_fields_set and point is PointKind.STATE:
                yield key, "is no number", "expected scale and offset for a number point only"
        if self.entry.scale == 0:
            yield "scale", "would be the same whatever is read", "expected a scale other than 0"
        yield from self._deadband()

    def _deadband(self) -> Iterator[Misfit]:
        deadband = self.entry.deadband
        if deadband is None:
            return
        if self.point.kind is not PointKind.NUMBER:
            yield "deadband", "is no number", "expected deadband for a number point only"
        elif deadband.percent is not None and None in (self.point.low, self.point.high):
            expected = "expected absolute, or a kind whose point has low and high"
            yield "deadband", "has no range to take percent of", expected
        elif self._never_left(deadband):
            expected = "expected less than from its low to its high"
            yield "deadband", "could never leave its deadband", expected

    def _never_left(self, deadband: DeadbandEntry) -> bool:
        if deadband.absolute is None or self.point.low is None or self.point.high is None:
            return deadband.percent == 100
        return deadband.absolute >= self.point.high - self.point.low

    def _states(self) -> Iterator[Misfit]:
        if self.point.kind is not PointKind.STATE:
            if self.register.states is not None:
                yield "states", "is no state", "expected states for a state point only"
        elif not self.register.states:
            expected = f"expected states: {{raw: state}} with {', '.join(self.point.states)}"
            yield "states", "does not say which raw value is which state", expected
        else:
            yield from self._raw_values(self.register.states)

    def _raw_values(self, states: Mapping[range, str]) -> Iterator[Misfit]:
        lowest, top = _range(self.register)
        highest = lowest - 1
        for raws in sorted(states, key=lambda each: each.start):
            state = states[raws]
            if state not in self.point.states:
                told = f"has no state '{state}' for {raws.start}"
                yield "states", told, suggestion(state, self.point.states)
            if lowest <= raws.start <= highest:
                yield "states", f"has two states for {raws.start}", "expected one for each"
            highest = max(highest, raws[-1])
            for end in sorted({raws.start, raws[-1]}):
                if not lowest <= end <= top:
                    yield "states", f"can never be {end}", f"expected {lowest} to {top}"
            if self._is_not_available(raws):
                told = f"is never '{state}': {raws.start} is not available"
                yield "states", told, "expected each raw value either there or here"

    def _is_not_available(self, raws: range) -> bool:
        """Whether a state's only raw value is one that says that there is no value."""
        raw = raws.start % (1 << raw_bits(self.register.type))
        whole = self.register.mask is None and len(raws) == 1
        return whole and raw in self.register.not_available


def raw_bits(kind: RegisterType) -> int:
    """Of the raw value."""
    digits = kind.lstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits) if digits else 1 if kind is RegisterType.BIT else 64


def _range(register: RegisterPoint) -> tuple[int, int]:
    """The lowest and the highest raw value."""
    kind, bits = register.type, raw_bits(register.type)
    if kind is RegisterType.BIT:
        return 0, 1
    if kind.startswith("int"):
        return -(1 << bits - 1), (1 << bits - 1) - 1
    if kind.startswith("bcd"):
        return 0, 10 ** (bits // 4) - 1
    if register.mask is None:
        return 0, (1 << bits) - 1
    return 0, register.mask // (register.mask & -register.mask)
