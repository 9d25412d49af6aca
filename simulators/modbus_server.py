"""Simulated Modbus units behind one TCP server, with faults that can be switched on while it runs.

Registers are encoded here by struct, apart from the gateway's own codec: a mistake in one does not
hide in the other. What they mean stands in drivers/kinds/registers/demo-*.yaml.
"""

import asyncio
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pymodbus.constants import ExcCodes
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simcore import SimCore

from gateway.errors import Refused
from gateway.model.clock import SECOND, Clock, Micros
from simulators.pump import Pump
from simulators.tank import Tank


@dataclass(frozen=True, slots=True)
class Tables:
    """What a unit says at one instant, by address from 0. Other addresses are illegal."""

    coils: Mapping[int, bool] = field(default_factory=dict)
    discrete_inputs: Mapping[int, bool] = field(default_factory=dict)
    holding_registers: Mapping[int, int] = field(default_factory=dict)
    input_registers: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dead:
    """Answers nothing."""


@dataclass(frozen=True, slots=True)
class Excepts:
    """Answers every request with this exception code."""

    code: int


@dataclass(frozen=True, slots=True)
class WrongUnit:
    """Answers in the name of the next unit."""


@dataclass(frozen=True, slots=True)
class Late:
    """Answers `by` later than it should."""

    by: Micros


@dataclass(frozen=True, slots=True)
class Resets:
    """Breaks the connection instead of answering."""


Fault = Dead | Excepts | WrongUnit | Late | Resets


@dataclass(slots=True)
class Unit:
    """One unit: its tables are asked for anew at each request. `fault` may be set at any time;
    `asked` counts the requests it got."""

    tables: Callable[[Micros], Tables]
    fault: Fault | None = None
    asked: int = 0


def tank_unit(tank: Tank) -> Unit:
    """A level transmitter as in demo-tank.yaml."""
    return Unit(lambda now: Tables(input_registers=_registers(">f", 0, tank.step(now))))


def pump_unit(pump: Pump) -> Unit:
    """A motor controller as in demo-pump.yaml."""

    def tables(now: Micros) -> Tables:
        state = pump.step(now)
        current, hours = round(state.current * 10), int(state.hours)
        return Tables(
            discrete_inputs={0: state.running, 1: state.fault},
            input_registers=_registers(">HI", 0, current, hours),
        )

    return Unit(tables)


def _registers(layout: str, start: int, *values: float) -> dict[int, int]:
    """The values one after the other from `start` on, as registers."""
    packed = struct.pack(layout, *values)
    return dict(enumerate(struct.unpack(f">{len(packed) // 2}H", packed), start))


class ModbusServer:
    """`async with ModbusServer(host, port, units, clock)`: serves until the block ends.

    Port 0 takes a free one; `port` then tells which. A unit that is not in `units` answers like a
    gateway whose target does not respond (exception 11). Raises Refused when the port is taken.
    """

    def __init__(self, host: str, port: int, units: Mapping[int, Unit], clock: Clock) -> None:
        self.host = host
        self.port = port
        self.units = units
        self._clock = clock
        self._server: _Server | None = None

    async def __aenter__(self) -> Self:
        self._server = server = _Server((self.host, self.port), self.units, self._clock)
        try:
            await server.serve_forever(background=True)
        except RuntimeError as error:
            raise Refused(
                f"{self.host}:{self.port}", "cannot listen there", "choose another port"
            ) from error
        self.port = server.bound.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            listener = self._server.bound
            self._server.close()
            await listener.wait_closed()


class _Server(ModbusTcpServer):
    def __init__(self, address: tuple[str, int], units: Mapping[int, Unit], clock: Clock) -> None:
        super().__init__(_NOTHING, address=address)
        self.units = units
        self.context = _Memory(units, clock)

    @property
    def bound(self) -> asyncio.Server:
        """The listening asyncio server, which pymodbus keeps as its transport."""
        assert isinstance(self.transport, asyncio.Server)
        return self.transport

    def callback_new_connection(self) -> "_Connection":
        return _Connection(self)


_NOTHING: Final = SimDevice(0, SimData(0, datatype=DataType.REGISTERS))
"""pymodbus insists on data of its own; `_Memory` takes their place."""


class _Memory(SimCore):
    """Where pymodbus looks up what a request asks for."""

    def __init__(self, units: Mapping[int, Unit], clock: Clock) -> None:
        super().__init__(_NOTHING)
        self._units = units
        self._clock = clock

    async def async_getValues(  # noqa: N802  pymodbus's name
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        unit = self._units.get(device_id)
        if unit is None:
            return ExcCodes.GATEWAY_NO_RESPONSE
        unit.asked += 1
        tables = unit.tables(self._clock())
        table: Mapping[int, Any] = {
            1: tables.coils,
            2: tables.discrete_inputs,
            3: tables.holding_registers,
            4: tables.input_registers,
        }[func_code]
        try:
            return [table[each] for each in range(address, address + count)]
        except KeyError:
            return ExcCodes.ILLEGAL_ADDRESS

    async def async_setValues(  # noqa: N802  pymodbus's name
        self, *_: Any, **__: Any
    ) -> ExcCodes:
        return ExcCodes.ILLEGAL_FUNCTION


class _Connection(ServerRequestHandler):
    """One client. Faults are put on here, where answers leave."""

    def __init__(self, server: _Server) -> None:
        super().__init__(server, None, None, None)  # type: ignore[no-untyped-call]  # not typed
        self._units = server.units

    def server_send(self, pdu: ModbusPDU, addr: tuple[Any, ...] | None) -> None:
        unit = self._units.get(pdu.dev_id)
        match unit.fault if unit else None:
            case Dead():
                return
            case Resets():
                assert isinstance(self.transport, asyncio.WriteTransport)
                self.transport.abort()
            case Late(by=by):
                self.loop.call_later(by / SECOND, self.pdu_send, pdu, addr)
            case WrongUnit():
                pdu.dev_id += 1
                self.pdu_send(pdu, addr)
            case Excepts(code=code):
                refusal = ExceptionResponse(
                    pdu.function_code & 0x7F, code, pdu.dev_id, pdu.transaction_id
                )
                self.pdu_send(refusal, addr)
            case None:
                self.pdu_send(pdu, addr)
