"""The plant of a simulation file: one piece for each Modbus unit, and what some are to others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.errors import BadConfig
from gateway.model.clock import Micros
from simulators.course import Course
from simulators.gencomm import GenComm, generator_unit
from simulators.grundfos import CimPump, cim_unit
from simulators.meters import EnergyMeter, Leak, WaterMeter
from simulators.modbus_faults import Spell, fault_named
from simulators.modbus_server import Unit, motor_unit, pump_unit, tank_unit
from simulators.modbus_units import (
    energy_meter_unit,
    lighting_unit,
    room_unit,
    sump_unit,
    transfer_switch_unit,
    ups_unit,
    water_meter_unit,
)
from simulators.plant_entries import (
    EnergyMeterEntry,
    FaultEntry,
    GeneratorEntry,
    LightingEntry,
    MovedEntry,
    OutageEntry,
    PumpEntry,
    RoomEntry,
    SumpEntry,
    TankEntry,
    TransferSwitchEntry,
    UnitEntry,
    UpsEntry,
    WaterMeterEntry,
)
from simulators.pump import Delivery, Pump
from simulators.room import Lighting, Room
from simulators.sump import Sump, SumpPump
from simulators.supply import Mains, Outage, StandbySet, Ups
from simulators.tank import Tank


class Plant:
    """Begins at the instant `start`. `tanks`: by unit, once `units` was asked."""

    def __init__(
        self, start: Micros, entries: Mapping[int, UnitEntry], outages: Sequence[OutageEntry] = ()
    ) -> None:
        self._start = start
        self._entries = entries
        self._mains = Mains([self._outage(each) for each in outages])
        self.tanks: dict[int, Tank] = {}
        self._makers: Final[Mapping[str, Callable[[int, Any], Unit]]] = {
            "tank": self._tank,
            "pump": self._pump,
            "sump": self._sump_unit,
            "energy_meter": self._energy_meter,
            "water_meter": self._water_meter,
            "generator": self._generator,
            "transfer_switch": self._transfer_switch,
            "ups": self._ups,
            "room": self._room,
            "lighting": self._lighting,
        }

    def units(self) -> Mapping[int, Unit]:
        """By address. BadConfig for one that is no plant, or that names a unit which is not what it
        should be."""
        return {id_: self._disturbed(id_, entry) for id_, entry in self._entries.items()}

    def _disturbed(self, id_: int, entry: UnitEntry) -> Unit:
        made = [
            make(id_, said)
            for key, make in self._makers.items()
            if (said := getattr(entry, key)) is not None
        ]
        if len(made) != 1:
            known = ", ".join(self._makers)
            raise BadConfig(f"modbus unit {id_}", "is not one piece of plant", f"one of {known}")
        unit = made[0]
        unit.spells = [self._spell(fault) for fault in entry.faults]
        return unit

    def _tank(self, id_: int, entry: TankEntry) -> Unit:
        return tank_unit(self._tank_at(id_, entry))

    def _tank_at(self, id_: int, entry: TankEntry) -> Tank:
        if id_ in self.tanks:
            return self.tanks[id_]
        tank = Tank(self._start, area=entry.area, height=entry.height, level=entry.level)
        for change in entry.flows:
            tank.fill_at(self._start + change.after, change.flow)
        self.tanks[id_] = tank
        return tank

    def _pump(self, id_: int, entry: PumpEntry) -> Unit:
        if entry.drains is not None:
            sump = self._sump(self._other(id_, entry.drains, "sump"))
            return motor_unit(SumpPump(sump, entry.rated_current, entry.hours))
        delivery = self._delivery(id_, entry.fills, +1) or self._delivery(id_, entry.empties, -1)
        pump = Pump(rated_current=entry.rated_current, hours=entry.hours, delivery=delivery)
        if entry.running:
            pump.start(self._start)
        return cim_unit(CimPump(pump)) if entry.module == "grundfos-cim" else pump_unit(pump)

    def _delivery(self, id_: int, moved: MovedEntry | None, sign: int) -> Delivery | None:
        if moved is None:
            return None
        tank = self._tank_at(moved.unit, self._other(id_, moved.unit, "tank"))
        return Delivery(tank, sign * moved.flow)

    def _sump_unit(self, _: int, entry: SumpEntry) -> Unit:
        return sump_unit(self._sump(entry))

    def _sump(self, entry: SumpEntry) -> Sump:
        return Sump(
            self._start,
            area=entry.area,
            height=entry.height,
            inflow=entry.inflow,
            outflow=entry.outflow,
            start=entry.start,
            stop=entry.stop,
            fails=self._instant(entry.fails_after),
        )

    def _energy_meter(self, _: int, entry: EnergyMeterEntry) -> Unit:
        lost = self._instant(entry.phase_lost_after)
        return energy_meter_unit(EnergyMeter(self._course(entry), entry.energy, lost))

    def _water_meter(self, _: int, entry: WaterMeterEntry) -> Unit:
        leaks = [Leak(self._start + leak.after, leak.flow) for leak in entry.leaks]
        return water_meter_unit(WaterMeter(self._course(entry), entry.volume, leaks))

    def _generator(self, _: int, entry: GeneratorEntry) -> Unit:
        return generator_unit(GenComm(StandbySet(self._mains, entry.fails)))

    def _transfer_switch(self, id_: int, entry: TransferSwitchEntry) -> Unit:
        standby = self._other(id_, entry.generator, "generator")
        return transfer_switch_unit(StandbySet(self._mains, standby.fails))

    def _ups(self, _: int, entry: UpsEntry) -> Unit:
        return ups_unit(Ups(self._mains, entry.load, entry.autonomy))

    def _room(self, _: int, entry: RoomEntry) -> Unit:
        heats, floods = self._instant(entry.heats_after), self._instant(entry.floods_after)
        return room_unit(Room(self._course(entry), entry.humidity, heats, floods))

    def _lighting(self, _: int, entry: LightingEntry) -> Unit:
        return lighting_unit(Lighting(self._course(entry)))

    def _course(
        self, entry: EnergyMeterEntry | WaterMeterEntry | RoomEntry | LightingEntry
    ) -> Course:
        return Course(self._start, entry.least, entry.most)

    def _other(self, id_: int, named: int, key: str) -> Any:
        found = self._entries.get(named)
        said = None if found is None else getattr(found, key)
        if said is None:
            raise BadConfig(f"modbus unit {id_}", f"unit {named} is no {key}", f"name a {key}")
        return said

    def _outage(self, entry: OutageEntry) -> Outage:
        lost = self._start + entry.after
        return Outage(lost, None if entry.lasts is None else lost + entry.lasts)

    def _spell(self, entry: FaultEntry) -> Spell:
        since = self._start + entry.after
        until = None if entry.lasts is None else since + entry.lasts
        return Spell(fault_named(entry.fault, entry.by, entry.code), since, until)

    def _instant(self, after: Micros | None) -> Micros | None:
        return None if after is None else self._start + after
