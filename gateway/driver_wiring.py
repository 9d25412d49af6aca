"""From a site's connections to their drivers, and what can be told of them without running them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from drivers.camera.driver import CameraDriver
from drivers.modbus.driver import ModbusDriver
from drivers.modbus.plan_report import overbusy, report
from drivers.modbus.polled import read_together
from drivers.modbus.wire import Wires
from drivers.mqtt.discovery.look import proposed
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.release import left_to_the_wire
from gateway.dead_letters import DeadLetterBox
from gateway.errors import BadConfig
from gateway.model.clock import Clock, gateway_clock
from gateway.model.driver import Driver, Looker
from gateway.model.memory import Memory
from gateway.model.reading import Reading
from gateway.model.text import Language, Text
from gateway.outside.receivers import channels_of
from gateway.site.connection_model import Held, ModbusLine, MqttBroker, RtspCameras
from gateway.site.modbus_model import ModbusAddress
from gateway.site.model import Site
from gateway.site.modicon import perhaps_meant
from gateway.site.overlaps import overlapping
from gateway.video.stills import Stills


def drivers_of(
    site: Site,
    clock: Clock,
    letters: DeadLetterBox,
    last: Mapping[str, Reading],
    memory_of: Callable[[str], Memory | None],
) -> list[Driver]:
    """One for each connection that devices are on. `last`: what each point said last before this
    start; `memory_of`: what a connection's driver found out by then."""
    wires = Wires(clock)
    return [
        _driver(connection, site, clock, letters, wires, last, memory_of(connection.id))
        for connection in site.connections
        if site.devices_on(connection.id) and not isinstance(connection, Held)
    ]


def _driver(
    connection: ModbusLine | MqttBroker | RtspCameras,
    site: Site,
    clock: Clock,
    letters: DeadLetterBox,
    wires: Wires,
    last: Mapping[str, Reading],
    memory: Memory | None,
) -> Driver:
    devices = site.devices_on(connection.id)
    match connection:
        case ModbusLine():
            return ModbusDriver(connection, devices, clock, wires=wires, memory=memory)
        case MqttBroker():
            return MqttDriver(connection, devices, clock, letters, last)
        case RtspCameras():
            return CameraDriver(connection, devices, snapshots_of(site), clock)


def stills_of(site: Site, drivers: Sequence[Driver]) -> Stills:
    """What cameras see, from those of the drivers that have some."""
    lookers = [driver for driver in drivers if isinstance(driver, Looker)]
    return Stills({device.id: each for each in lookers for device in site.devices_on(each.name)})


def snapshots_of(site: Site) -> Path:
    """The folder that pictures of crossings lie in."""
    return site.data / "snapshots"


def check_parts(site: Site) -> Sequence[Text]:
    """BadConfig for what a driver or a channel would refuse when the gateway starts; else what is
    in order and to be known all the same. Connects to nothing."""
    clock = gateway_clock()
    drivers_of(site, clock, DeadLetterBox(clock), {}, lambda _: None)
    channels_of(site, clock)
    asked = _asked(site)
    return (
        *left_to_the_wire(site),
        *perhaps_meant(site.devices),
        *overlapping(site.devices),
        *(note for line, units in asked for note in overbusy(line, units)),
    )


def request_plan(site: Site, language: Language) -> str:
    """What every Modbus unit will be asked for."""
    told = (report(line, units, language) for line, units in _asked(site))
    return "\n".join(text for line in told for text in line)


def _asked(site: Site) -> Sequence[tuple[ModbusLine, Sequence[ModbusAddress]]]:
    lines = (line for line in site.connections if isinstance(line, ModbusLine))
    return [(line, read_together(line, site.devices_on(line.id))) for line in lines]


def discover(site: Site, connection: str, listen_s: float) -> str:
    """What devices on that MQTT connection propose for the site file, as text of one. Blocks.
    Raises BadConfig, Unreachable."""
    brokers = [broker for broker in site.connections if isinstance(broker, MqttBroker)]
    broker = next((broker for broker in brokers if broker.id == connection), None)
    if broker is None:
        known = ", ".join(broker.id for broker in brokers) or "there is none"
        raise BadConfig(connection, "is no MQTT connection of this site", f"take {known}")
    if not broker.discovery:
        remedy = f"write connections.{connection}.discovery: [homeassistant]"
        raise BadConfig(connection, "allows no discovery", remedy)
    return proposed(broker, listen_s).as_yaml()
