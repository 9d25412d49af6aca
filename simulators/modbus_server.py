"""Simulated Modbus units behind one server or on one serial line, with faults that can be switched
on while it runs.

Registers are encoded here by struct, apart from the gateway's own codec: a mistake in one does not
hide in the other. What they mean stands in drivers/kinds/registers.
"""

import asyncio
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from ssl import SSLContext
from typing import Any, Final, Self

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse
from pymodbus.server.base import ModbusBaseServer
from pymodbus.server.requesthandler import ServerRequestHandler
from pymodbus.simulator import DataType, SimData, SimDevice
from pymodbus.simulator.simcore import SimCore
from pymodbus.transport import CommParams, CommType

from gateway.errors import Refused
from gateway.model.clock import Clock, Micros
from gateway.site.connection_model import Framing
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_faults import (
    Dead,
    Excepts,
    Fault,
    Mute,
    Resets,
    Sending,
    Spell,
    spoiled,
)
from simulators.pump import Motor, Pump
from simulators.tank import Tank


@dataclass(frozen=True, slots=True)
class Tables:
    """What a unit says at one instant, by address from 0. Other addresses are illegal."""

    coils: Mapping[int, bool] = field(default_factory=dict)
    discrete_inputs: Mapping[int, bool] = field(default_factory=dict)
    holding_registers: Mapping[int, int] = field(default_factory=dict)
    input_registers: Mapping[int, int] = field(default_factory=dict)


Write = Callable[[Micros, RegisterTable, int, Sequence[int]], None]


class NotTaken(Exception):
    """A value that is refused with exception `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Unit:
    """One unit: its tables are asked for anew at each request. `fault` may be set at any time, and
    `spells` bring theirs by themselves; `asked` counts the requests it got.

    `identity`: maker, product and revision, as function 43/14 tells them (Modbus Application
    Protocol V1.1b3, 6.21); without it that is an illegal function.

    `write` takes (now, table, address, values); it raises LookupError for an address that cannot be
    written to, ValueError for a value that it does not take, and NotTaken where a device has an
    exception of its own for that. Without it writing is an illegal function.
    """

    tables: Callable[[Micros], Tables]
    fault: Fault | None = None
    asked: int = 0
    write: Write | None = None
    spells: Sequence[Spell] = ()
    identity: Sequence[str] = ()

    def fault_at(self, now: Micros) -> Fault | None:
        """What is wrong with it then."""
        return self.fault or next((each.fault for each in self.spells if each.lasts(now)), None)


def memory_unit(tables: Tables) -> Unit:
    """A unit whose coils and holding registers keep what is written to them."""
    coils, registers = dict(tables.coils), dict(tables.holding_registers)
    now = Tables(coils, tables.discrete_inputs, registers, tables.input_registers)

    def write(_: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        kept: dict[int, Any] = coils if table is RegisterTable.COIL else registers
        addresses = range(address, address + len(values))
        if any(each not in kept for each in addresses):
            raise LookupError(address)
        kept.update(zip(addresses, values, strict=True))

    return Unit(lambda _: now, write=write)


def tank_unit(tank: Tank) -> Unit:
    """A level transmitter as in demo-tank.yaml."""
    return Unit(lambda now: Tables(input_registers=registers(">f", 0, tank.step(now))))


def motor_unit(motor: Motor) -> Unit:
    """A motor controller as in demo-sump-pump.yaml: nobody commands it from afar."""

    def tables(now: Micros) -> Tables:
        state = motor.step(now)
        current, hours = round(state.current * 10), int(state.hours)
        return Tables(
            discrete_inputs={0: state.running, 1: state.fault},
            input_registers=registers(">HI", 0, current, hours),
        )

    return Unit(tables)


def pump_unit(pump: Pump) -> Unit:
    """A motor controller as in demo-pump.yaml: it obeys its coils, and its order to run falls with
    its motor protection."""
    shows = motor_unit(pump).tables

    def tables(now: Micros) -> Tables:
        return replace(shows(now), coils={0: pump.step(now).running, 1: False})

    return Unit(tables, write=pump.obey)


def registers(layout: str, start: int, *values: float) -> dict[int, int]:
    """The values one after the other from `start` on, as registers."""
    packed = struct.pack(layout, *values)
    return dict(enumerate(struct.unpack(f">{len(packed) // 2}H", packed), start))


class ModbusServer:
    """`async with ModbusServer(host, port, units, clock)`: serves until the block ends, by TCP,
    encrypted with `certificate`, or by UDP.

    Port 0 takes a free one; `port` then tells which. A unit that is not in `units` answers like a
    gateway whose target does not respond (exception 11). Raises Refused when the port is taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        units: Mapping[int, Unit],
        clock: Clock,
        *,
        framing: Framing = Framing.TCP,
        certificate: SSLContext | None = None,
        udp: bool = False,
    ) -> None:
        self.host = host
        self.port = port
        self.units = units
        self._params = CommParams(
            comm_type=CommType.UDP if udp else CommType.TLS if certificate else CommType.TCP,
            source_address=(host, port),
            sslctx=certificate,
        )
        self._serve = partial(_Server, units=units, clock=clock, framing=framing)
        self._server: _Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await _serving(self._serve(self._params), f"{self.host}:{self.port}")
        self.port = self._server.port
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            await self._server.closed()


class ModbusSerialServer:
    """`async with ModbusSerialServer(port, units, clock)`: the units on one serial line, until the
    block ends. `port` is a device file. Other units are not there, and say nothing."""

    def __init__(
        self,
        port: str,
        units: Mapping[int, Unit],
        clock: Clock,
        *,
        framing: Framing = Framing.RTU,
        baud: int = 19_200,
    ) -> None:
        self.port = port
        self.units = units
        self._params = CommParams(
            comm_type=CommType.SERIAL,
            source_address=(port, 0),
            baudrate=baud,
            bytesize=8,
            parity="N",
            stopbits=1,
        )
        self._serve = partial(_Server, units=units, clock=clock, framing=framing)
        self._server: _Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await _serving(self._serve(self._params), self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            await self._server.closed()


async def _serving(server: "_Server", where: str) -> "_Server":
    try:
        await server.serve_forever(background=True)
    except RuntimeError as error:
        raise Refused(where, "cannot listen there", "choose another port") from error
    return server


class _Server(ModbusBaseServer):
    def __init__(
        self, params: CommParams, units: Mapping[int, Unit], clock: Clock, framing: Framing
    ) -> None:
        broadcasts = framing is not Framing.TCP
        super().__init__(
            params, _NOTHING, False, broadcasts, None, _FRAMERS[framing], None, None, None, None
        )
        self.units = units
        self.clock = clock
        self.framing = framing
        self.context = _Memory(units, clock)

    @property
    def port(self) -> int:
        """Where it listens."""
        if isinstance(self.transport, asyncio.Server):
            return int(self.transport.sockets[0].getsockname()[1])
        return int(self.transport.get_extra_info("sockname")[1])

    async def closed(self) -> None:
        """Ends it, and waits until nobody listens any more."""
        listener = self.transport
        self.close()
        if isinstance(listener, asyncio.Server):
            await listener.wait_closed()

    def callback_new_connection(self) -> "_Connection":
        return _Connection(self)


_FRAMERS: Final = {
    Framing.TCP: FramerType.SOCKET,
    Framing.RTU: FramerType.RTU,
    Framing.ASCII: FramerType.ASCII,
}
_NOTHING: Final = SimDevice(0, SimData(0, datatype=DataType.REGISTERS))
"""pymodbus insists on data of its own; `_Memory` takes their place."""
_WRITTEN: Final = {
    5: RegisterTable.COIL,
    6: RegisterTable.HOLDING_REGISTER,
    15: RegisterTable.COIL,
    16: RegisterTable.HOLDING_REGISTER,
    22: RegisterTable.HOLDING_REGISTER,
    23: RegisterTable.HOLDING_REGISTER,
}


class _Memory(SimCore):
    """Where pymodbus looks up what a request asks for."""

    def __init__(self, units: Mapping[int, Unit], clock: Clock) -> None:
        super().__init__(_NOTHING)
        self._units = units
        self._clock = clock

    def device_ids(self) -> list[int]:
        """Whom a broadcast is for."""
        return list(self._units)

    async def async_getValues(  # noqa: N802  pymodbus's name
        self, device_id: int, func_code: int, address: int, count: int = 1
    ) -> list[int] | list[bool] | ExcCodes:
        unit = self._units.get(device_id)
        if unit is None:
            return ExcCodes.GATEWAY_NO_RESPONSE
        unit.asked += 1
        tables = unit.tables(self._clock())
        by_function: Mapping[int, Mapping[int, Any]] = {
            1: tables.coils,
            2: tables.discrete_inputs,
            4: tables.input_registers,
            5: tables.coils,
        }
        table = by_function.get(func_code, tables.holding_registers)
        try:
            return [table[each] for each in range(address, address + count)]
        except KeyError:
            return ExcCodes.ILLEGAL_ADDRESS

    async def async_setValues(  # noqa: N802  pymodbus's name
        self, device_id: int, func_code: int, address: int, values: Sequence[int]
    ) -> ExcCodes | None:
        unit = self._units.get(device_id)
        if unit is None:
            return ExcCodes.GATEWAY_NO_RESPONSE
        unit.asked += 1
        fault = unit.fault_at(self._clock())
        if unit.write is None:
            return ExcCodes.ILLEGAL_FUNCTION
        if isinstance(fault, Excepts | Dead):
            return ExcCodes(fault.code if isinstance(fault, Excepts) else ExcCodes.DEVICE_FAILURE)
        put = partial(unit.write, self._clock(), _WRITTEN[func_code], address)
        return _refusal(put, [int(each) for each in values])


def _refusal(put: Callable[[Sequence[int]], None], values: Sequence[int]) -> ExcCodes | None:
    """The exception that putting them there meets."""
    try:
        put(values)
    except LookupError:
        return ExcCodes.ILLEGAL_ADDRESS
    except ValueError:
        return ExcCodes.ILLEGAL_VALUE
    except NotTaken as refused:
        return ExcCodes(refused.code)
    return None


class _Connection(ServerRequestHandler):
    """One client. Faults are put on here, where answers leave."""

    def __init__(self, server: _Server) -> None:
        super().__init__(server, None, None, None)  # type: ignore[no-untyped-call]  # not typed
        self._server = server
        self._addr: tuple[Any, ...] | None = None
        self._sending = Sending(server.framing, self._put)

    def server_send(self, pdu: ModbusPDU, addr: tuple[Any, ...] | None) -> None:
        unit = self._server.units.get(pdu.dev_id)
        fault = unit.fault_at(self._server.clock()) if unit else None
        on_serial_line = self.comm_params.comm_type is CommType.SERIAL
        self._addr = addr
        match fault:
            case Dead() | Mute():
                return
            case None if unit is None and on_serial_line:
                return
            case Resets():
                assert isinstance(self.transport, asyncio.WriteTransport)
                self.transport.abort()
            case _:
                frame = self.framer.buildFrame(spoiled(_identified(pdu, unit), fault))
                self._sending.send(frame, fault)

    def _put(self, frame: bytes) -> None:
        if self.is_active():
            self.send(frame, self._addr)


def _identified(pdu: ModbusPDU, unit: Unit | None) -> ModbusPDU:
    """In place of what pymodbus says of itself."""
    if not isinstance(pdu, ReadDeviceInformationResponse):
        return pdu
    if unit is None or not unit.identity:
        code = ExcCodes.ILLEGAL_FUNCTION
        return ExceptionResponse(pdu.function_code, code, pdu.dev_id, pdu.transaction_id)
    pdu.information = {number: text.encode() for number, text in enumerate(unit.identity)}
    return pdu
