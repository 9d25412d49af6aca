"""Runs a simulated estate: behaviours from a simulation file, each behind its wire."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from gateway.errors import BadConfig
from gateway.model.clock import Clock, Micros, gateway_clock
from gateway.site.connection_model import Framing
from simulators.barrier import Barrier
from simulators.door import Door
from simulators.fire_panel import FirePanel
from simulators.guarded_barrier import GuardedBarrier, Vehicle
from simulators.guarded_door import GuardedDoor, Visit
from simulators.line import Line
from simulators.modbus_server import ModbusSerialServer, ModbusServer, Unit
from simulators.mqtt_devices import Behaviour, MqttDevice, MqttDevices
from simulators.output import Output
from simulators.plant import Plant
from simulators.rtsp_server import RtspServer
from simulators.scene import Scene, Walk
from simulators.simulation_file import (
    CauseEntry,
    GuardedDoorEntry,
    LineEntry,
    ModbusEntry,
    MqttDeviceEntry,
    PanelEntry,
    SimulationFile,
    WalkEntry,
    ZoneEntry,
)
from simulators.tank import Tank
from simulators.zone import Zone


@dataclass(frozen=True, slots=True)
class Cause:
    """At the instant `at` something happens that `rule` must raise an alarm for."""

    rule: str
    at: Micros


async def run_simulation(file: SimulationFile) -> None:
    """Until SIGINT or SIGTERM. Prints one line of JSON when everything is up: what will happen, by
    rule, in microseconds UTC."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulated(file, gateway_clock()) as causes:
        print(json.dumps({"causes": {cause.rule: cause.at for cause in causes}}), flush=True)
        await stop.wait()


@asynccontextmanager
async def simulated(file: SimulationFile, clock: Clock) -> AsyncIterator[tuple[Cause, ...]]:
    """Runs the estate while entered, and gives what will happen in it, soonest first. BadConfig
    when a cause names what the file does not have."""
    start = clock()
    entries = file.modbus.units if file.modbus is not None else {}
    plant = Plant(start, entries, file.outages)
    async with AsyncExitStack() as running:
        if file.modbus is not None:
            await running.enter_async_context(_modbus(file.modbus, plant.units(), clock))
        if file.mqtt is not None:
            devices = [_mqtt_device(device, start) for device in file.mqtt.devices]
            wire = MqttDevices(file.mqtt.host, file.mqtt.port, devices, clock)
            await running.enter_async_context(wire)
        if file.rtsp is not None:
            scenes = {
                name: Scene(walks=[_walk(walk, start) for walk in camera.walks], name=camera.title)
                for name, camera in file.rtsp.cameras.items()
            }
            streams = RtspServer(file.rtsp.host, file.rtsp.port, scenes, clock)
            await running.enter_async_context(streams)
        causes = [_cause(cause, file, start, plant.tanks) for cause in file.causes]
        yield tuple(sorted(causes, key=lambda cause: cause.at))


def _modbus(
    entry: ModbusEntry, units: Mapping[int, Unit], clock: Clock
) -> ModbusServer | ModbusSerialServer:
    if entry.serial is None:
        framing, udp = entry.framing, entry.udp
        return ModbusServer(entry.host, entry.port, units, clock, framing=framing, udp=udp)
    framing = Framing.RTU if entry.framing is Framing.TCP else entry.framing
    return ModbusSerialServer(entry.serial, units, clock, framing=framing)


def _mqtt_device(entry: MqttDeviceEntry, start: Micros) -> MqttDevice:
    behaviour = _behaviour(entry, start)
    return MqttDevice(entry.topic, entry.style, behaviour, entities=entry.entities)


def _behaviour(entry: MqttDeviceEntry, start: Micros) -> Behaviour:
    if entry.door is not None or entry.guarded_door is not None:
        return _door(entry, start)
    if entry.barrier is not None or entry.guarded_barrier is not None:
        return _barrier(entry, start)
    if entry.zone is not None:
        return _zone(entry.zone, start)
    if entry.line is not None:
        return _line(entry.line, start)
    if entry.output is not None:
        return Output()
    if entry.panel is not None:
        return _panel(entry.panel, start)
    kinds = "a door, a barrier, a zone, a line, an output or a panel"
    raise BadConfig(entry.topic, f"is none of {kinds}", "say which it is")


def _door(entry: MqttDeviceEntry, start: Micros) -> Behaviour:
    if entry.guarded_door is not None:
        return _guarded_door(entry.guarded_door, start)
    door = Door()
    for opening in entry.door.openings if entry.door is not None else ():
        door.open_at(start + opening.after, opening.held_for, opening.every)
    return door


def _barrier(entry: MqttDeviceEntry, start: Micros) -> Behaviour:
    if entry.barrier is not None:
        return Barrier(start + entry.barrier.first, entry.barrier.every)
    assert entry.guarded_barrier is not None
    barrier = GuardedBarrier(closes_after=entry.guarded_barrier.closes_after)
    for came in sorted(entry.guarded_barrier.vehicles, key=lambda vehicle: vehicle.after):
        barrier.comes(Vehicle(came.plate, start + came.after, came.direction, came.confidence))
    return barrier


def _line(entry: LineEntry, start: Micros) -> Line:
    line = Line()
    for trip in entry.trips:
        line.trip_at(start + trip.after, trip.lasts, trip.every)
    if entry.tampered_after is not None:
        line.tamper_at(start + entry.tampered_after)
    return line


def _panel(entry: PanelEntry, start: Micros) -> FirePanel:
    panel = FirePanel()
    if entry.fire_after is not None:
        panel.fire_at(start + entry.fire_after)
    if entry.reset_after is not None:
        panel.reset_at(start + entry.reset_after)
    return panel


def _guarded_door(entry: GuardedDoorEntry, start: Micros) -> GuardedDoor:
    visits = [
        Visit(start + v.after, v.way, v.held_for, v.holder, v.takes, v.every) for v in entry.visits
    ]
    return GuardedDoor(visits, battery=entry.battery)


def _zone(entry: ZoneEntry, start: Micros) -> Zone:
    bypassed = entry.bypassed_after
    zone = Zone(tells_bypass=entry.tells_bypass or bypassed is not None)
    if entry.disarmed_after is not None:
        zone.disarm_at(start + entry.disarmed_after)
    if bypassed is not None:
        zone.bypass_at(start + bypassed)
    return zone


def _walk(entry: WalkEntry, start: Micros) -> Walk:
    return Walk(start + entry.after, entry.origin, entry.target, entry.takes, entry.every)


def _cause(
    entry: CauseEntry, file: SimulationFile, start: Micros, tanks: Mapping[int, Tank]
) -> Cause:
    at = _instant(entry, file, start, tanks)
    if at is None:
        remedy = "name a unit and a level below, a topic and open_for, or a camera and a line"
        raise BadConfig(f"cause of {entry.rule}", "never happens in this simulation", remedy)
    return Cause(entry.rule, at)


def _instant(
    entry: CauseEntry, file: SimulationFile, start: Micros, tanks: Mapping[int, Tank]
) -> Micros | None:
    tank = None if entry.unit is None else tanks.get(entry.unit)
    if tank is not None and entry.below is not None:
        return tank.crosses(entry.below)
    if entry.open_for is not None and file.mqtt is not None:
        for device in file.mqtt.devices:
            if device.topic == entry.topic and device.door is not None:
                lasting = [o.after for o in device.door.openings if o.held_for > entry.open_for]
                return start + min(lasting) + entry.open_for if lasting else None
    if entry.camera is not None and entry.line is not None and file.rtsp is not None:
        camera = file.rtsp.cameras.get(entry.camera)
        walks = camera.walks if camera is not None else ()
        crossings = [_walk(walk, start).crosses(*entry.line) for walk in walks]
        return min((at for at in crossings if at is not None), default=None)
    return None
