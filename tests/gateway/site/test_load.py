"""A site file → a Site, or every problem with its place."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.errors import BadConfig
from gateway.model.clock import SECOND
from gateway.model.rule import Happened, InState, Priority, Side, Threshold
from gateway.model.text import Text
from gateway.site.connection_model import (
    Framing,
    Held,
    ModbusLine,
    MqttBroker,
    RtspCameras,
    Tcp,
)
from gateway.site.load import load_site
from gateway.site.modbus_model import ModbusAddress
from gateway.site.model import CameraAddress, InfluxTarget, MqttAddress, Site, Tripwire
from gateway.site.problems import BadSite

Load = Callable[..., Site]
Told = Callable[..., list[str]]

DEMO = Path(str(files("simulators") / "estates" / "demo.site.yaml"))


def test_the_demo_estate_loads_whole() -> None:
    site = load_site(
        DEMO, {"GATEHOUSE_PORT": "9000", "DEMO_MQTT_PORT": "1", "GATEHOUSE_DATA": "/d"}
    )
    assert (site.id, site.name, site.time_zone) == (
        "willow-court",
        Text("Willow Court", "柳苑"),
        ZoneInfo("Asia/Shanghai"),
    )
    assert (site.listen, site.data, site.influx) == (("127.0.0.1", 9000), Path("/d"), None)
    assert site.connections == (
        ModbusLine("plant-room", Tcp("127.0.0.1", 15020), Framing.TCP),
        MqttBroker(
            "broker", "127.0.0.1", 1, "gatehouse-demo", status="gatehouse/willow-court/status"
        ),
        RtspCameras("cameras", 3 * SECOND),
        Held("gateway"),
    )
    doors = [device.id for device in site.devices_on("broker") if device.kind == "door"]
    assert doors == [*(f"door-0{n}" for n in range(1, 7)), "bike-store"]
    rules = {rule.id: rule for rule in site.rules}
    assert rules["roof-tank/low-level"].when == Threshold("roof-tank/level", Side.BELOW, 1.0, 0.1)
    propped = rules["door-03/propped"].when
    assert propped == InState("door-03/alarm", frozenset({"propped"}))
    breach = rules["north-zone/breach"]
    assert (breach.device, breach.priority) == ("north-zone", Priority.CRITICAL)
    assert breach.title == Text("Perimeter breach", "周界入侵")
    disarmed = InState("north-zone/mode", frozenset({"disarmed"}))
    assert breach.when == Happened(
        "north-camera/crossing", disarmed, frozenset({"north-camera/picture"})
    )


def test_the_demo_devices_have_their_addresses_and_places() -> None:
    devices = {device.id: device for device in load_site(DEMO, {}).devices}
    tank = devices["roof-tank"].address
    assert isinstance(tank, ModbusAddress)
    assert (tank.unit, [register.point.id for register in tank.registers]) == (
        1,
        ["roof-tank/level"],
    )
    door = devices["door-02"]
    assert door.address == MqttAddress("gatehouse-json", "willow-court/doors/02")
    assert door.name == Text("Unit door 2", "2号单元门")
    assert devices["door-01"].position == (0.15, 0.4)
    assert devices["door-06"].position == (0.85, 0.4)
    assert devices["north-camera"].address == CameraAddress(
        "rtsp://127.0.0.1:18554/north", (Tripwire("wall", (0.5, 0.0), (0.5, 1.0)),)
    )


def test_every_section_of_a_full_file_reaches_the_site(load: Load, tmp_path: Path) -> None:
    site = load(
        """\
        site:
          id: court
          name: Court
          time_zone: Europe/London
          listen: "[::1]:8081"
          data: stores
          ledger: postgresql+psycopg://desk:${PASSWORD}@db/ledger
          influx: {url: "http://h:8086", database: court, username: u, password: "${PASSWORD}"}
        connections:
          broker: {type: mqtt, host: h, port: "${PORT}", client_id: c, username: u, password: "1"}
        """,
        whole=True,
        PASSWORD="007",
        PORT="1884",
    )
    assert (site.listen, site.data) == (("::1", 8081), tmp_path / "stores")
    assert site.ledger_url == "postgresql+psycopg://desk:007@db/ledger"
    assert site.influx == InfluxTarget("http://h:8086", "court", "u", "007")
    broker = MqttBroker("broker", "h", 1884, "c", "u", "1", status="gatehouse/court/status")
    assert site.connections == (broker,)
    assert "'1'" not in repr(broker), "a password is not shown"


def test_what_is_wrong_with_the_site_is_told_where_it_stands(told: Told) -> None:
    text = """\
    site:
      ¦nane: Court
      name: ¦{en: Court}
      id: ¦Willow Court
      time_zone: ¦Asia/Shangai
      listen: ¦127.0.0.1:99999
      data: ¦""
      ledger: ¦mysql://desk:secret@db/ledger
      influx: ¦{url: ¦ftp://h, username: u}
    ¦conections: {}
    """
    found = told(text, whole=True)
    assert found == [
        "unknown key 'nane'; did you mean 'name'?",
        "key 'zh' is missing; expected zh (in Chinese)",
        "'id' is 'Willow Court'; expected small letters, digits and hyphens, such as door-01",
        "'time_zone' is 'Asia/Shangai'; did you mean 'Asia/Shanghai'?",
        "'listen' is '127.0.0.1:99999'; expected address:port, such as 127.0.0.1:8080",
        "'data' is ''; expected text",
        "'ledger' is not right; expected a URL such as postgresql+psycopg://host:port/path",
        "key 'database' is missing; expected database (its name; in version 2 the bucket's)",
        "'url' is 'ftp://h'; expected a URL such as http://host:port/path",
        "unknown key 'conections'; did you mean 'connections'?",
    ]
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("¦just words", "the file is 'just words'; expected a mapping (key: value)"),
        ("¦- a list", "the file is not right; expected a mapping (key: value)"),
        ("¦{}", "key 'site' is missing; expected site (the estate as a whole)"),
    ],
)
def test_a_file_that_is_no_site_at_all_is_told(told: Told, text: str, expected: str) -> None:
    assert told(text, whole=True) == [expected]


def test_sections_of_the_wrong_shape_are_told(told: Told) -> None:
    assert told("devices: ¦{}\nrules: ¦5\nkinds: ¦[]\nregisters:¦\n") == [
        "'devices' is empty; expected a list",
        "'rules' is 5; expected a list",
        "'kinds' is empty; expected a mapping (key: value)",
        "'registers' is empty; expected a mapping (key: value)",
    ]


def test_a_bad_site_is_a_bad_configuration_with_every_line_in_it(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text("sight: {}\n")
    with pytest.raises(BadConfig) as caught:
        load_site(file, {})
    assert str(caught.value).splitlines() == [
        f"{file}:1:1: key 'site' is missing; expected site (the estate as a whole)",
        f"{file}:1:1: unknown key 'sight'; did you mean 'site'?",
    ]
    assert isinstance(caught.value, BadSite)
    assert [(one.file, one.line, one.column) for one in caught.value.problems] == [
        (str(file), 1, 1),
        (str(file), 1, 1),
    ]


def test_what_a_file_says_cannot_reach_the_terminal_as_codes(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text('"\\e[2Jsite\\n": {}\n')
    with pytest.raises(BadSite) as caught:
        load_site(file, {})
    assert "unknown key '\\x1b[2Jsite\\n'" in str(caught.value)
