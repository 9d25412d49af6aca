"""A site file → a Site, or every problem with its place."""

from collections.abc import Callable
from datetime import time
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.errors import BadConfig
from gateway.model.clock import DAY, MINUTE, SECOND
from gateway.model.rule import Happened, InState, Priority, Side, Threshold
from gateway.model.text import Text
from gateway.site.load import load_site
from gateway.site.model import (
    BackupPlan,
    CameraAddress,
    HistorySettings,
    InfluxTarget,
    JournalLimits,
    ModbusAddress,
    ModbusTcp,
    MqttAddress,
    MqttBroker,
    RtspCameras,
    Site,
    Tls,
    Tripwire,
)
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
        ModbusTcp("plant-room", "127.0.0.1", 15020, SECOND),
        MqttBroker("broker", "127.0.0.1", 1, "gatehouse-demo"),
        RtspCameras("cameras", 3 * SECOND),
    )
    doors = [device.id for device in site.devices_on("broker") if device.kind == "door"]
    assert doors == [*(f"door-0{n}" for n in range(1, 7)), "bike-store"]
    rules = {rule.id: rule for rule in site.rules}
    assert rules["roof-tank/low-level"].when == Threshold("roof-tank/level", Side.BELOW, 1.0, 0.1)
    assert rules["door-03/propped"].raise_after == 30 * SECOND
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
    assert site.connections == (MqttBroker("broker", "h", 1884, "c", "u", "1"),)


def test_a_device_polled_rarely_may_be_silent_for_three_polls(load: Load) -> None:
    site = load(
        """\
        devices:
          - {id: t, kind: tank, profile: demo-tank, connection: plant, unit: 1, period: 1m,
             name: T, place: P}
        """
    )
    address = site.devices[0].address
    assert isinstance(address, ModbusAddress)
    assert address.period == MINUTE
    assert site.points["t/level"].period == 3 * MINUTE
    assert address.registers[0].point is site.devices[0].points[0]


NOT_SET = "variable NOPE is not set; expected NOPE to be set, or a default: ${NOPE:-value}"


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("kind: tank, ¦perod: 1s", ["unknown key 'perod'; did you mean 'period'?"]),
        (
            "kind: tank, period: ¦1:30",
            ["'period' is '1:30'; expected a duration such as 500ms, 30s, 5m or 2h"],
        ),
        ("kind: tank, period: ¦0s", ["'period' is '0s'; expected more than 0s"]),
        ("kind: ¦tnk", ["unknown kind 'tnk'; did you mean 'tank'?"]),
        (
            "kind: tank, position: [0.5, ¦1.5]",
            ["item 2 is 1.5; expected 0 to 1"],
        ),
        ("kind: tank, position: ¦[0.5]", ["item 2 is missing; expected a longer list"]),
        (
            "kind: tank, position: ¦{from: [0, 0], to: [1, 1]}",
            ["'position' is not right; expected [x, y]; {from, to} is for templates"],
        ),
        (
            "kind: tank, ¦topic: a/b",
            [
                "key 'topic' does not belong here;"
                " expected only profile, unit, period for a device on 'plant' (modbus-tcp)"
            ],
        ),
        (
            "kind: ¦yes",
            ["unknown kind 'yes'; expected one of: barrier, camera, door, pump, tank, zone"],
        ),
        ("kind: ¦7", ["'kind' is 7; expected text: put it in quotes"]),
        ("kind:¦ ", ["'kind' is empty; expected text"]),
        ('kind: ¦"${NOPE}"', [NOT_SET]),
    ],
)
def test_what_is_wrong_with_a_device_is_told_where_it_stands(
    told: Told, device: str, expected: list[str]
) -> None:
    text = f"""\
    devices:
      - {{id: t, profile: demo-tank, connection: plant, unit: 1, name: T, place: P, {device}}}
    """
    assert told(text) == expected


def test_one_wrong_key_hides_nothing_else_of_its_device(told: Told) -> None:
    text = """\
    devices:
      - {id: ¦T 1, kind: ¦tnk, profile: ¦demo-tonk, connection: plant, unit: ¦248, name: T,
         place: ¦5, ¦colour: red}
    """
    assert told(text) == [
        "'id' is 'T 1'; expected small letters, digits and hyphens, such as door-01",
        "unknown kind 'tnk'; did you mean 'tank'?",
        "unknown profile 'demo-tonk'; did you mean 'demo-tank'?",
        "'unit' is 248; expected 1 to 247",
        "'place' is 5; expected a text, or {en: …, zh: …}",
        "unknown key 'colour'; expected one of: area, connection, id, kind, name, parents, period, "
        "place, position, profile, rules, topic, tripwires, unit, url",
    ]


def test_the_keys_of_an_address_belong_to_the_type_of_connection(told: Told) -> None:
    text = """\
    devices:
      - {id: a, kind: ¦pump, profile: ¦demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: b, kind: door, profile: ¦hass, connection: broker, topic: ¦a/#, name: B, place: P}
      - ¦{id: c, kind: door, profile: demo-tank, connection: broker, ¦unit: 1, name: C, place: P}
      - {id: d, kind: ¦tank, connection: cameras, url: "rtsp://h/1", name: D, place: P}
      - {id: e, kind: camera, connection: cameras, url: ¦h/1, name: E, place: P}
      - ¦{id: f, kind: camera, connection: ¦camera, name: F}
    """.replace("kind: ¦pump", "kind: pump")
    assert told(text) == [
        "profile 'demo-tank' is for kind 'tank', not 'pump'; expected one of: demo-pump",
        "unknown profile 'hass'; expected one of: gatehouse-json, home-assistant",
        "'topic' is 'a/#'; expected a topic prefix such as site/doors/01, without + or # or outer "
        "slashes",
        "key 'topic' is missing; expected it for a device on 'broker' (mqtt)",
        "key 'unit' does not belong here; expected only profile, topic for a device on 'broker' "
        "(mqtt)",
        "kind 'tank' has points no camera can say: level; expected kind camera",
        "'url' is 'h/1'; expected a URL such as rtsp://host:port/path",
        "key 'place' is missing; expected place (where to go to stand in front of it)",
        "unknown connection 'camera'; did you mean 'cameras'?",
    ]


def test_two_devices_cannot_share_an_id_or_an_address(told: Told) -> None:
    text = """\
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: ¦a, kind: tank, profile: demo-tank, connection: plant, unit: 2, name: A, place: P}
      - {id: b, kind: tank, profile: demo-tank, connection: plant, unit: ¦2, name: A, place: P}
      - {id: c, kind: door, profile: gatehouse-json, connection: broker, topic: t, name: C,
         place: P}
      - {id: d, kind: door, profile: home-assistant, connection: broker, topic: ¦t, name: C,
         place: P}
    """
    assert told(text) == [
        "device 'a' is there twice; expected each id once; the first is on line 7",
        "'b' has the same unit as 'a'; expected an address of its own",
        "'d' has the same topic as 'c'; expected an address of its own",
    ]


def test_what_stands_in_for_a_wrong_value_is_not_compared_with_right_ones(told: Told) -> None:
    text = """\
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: ¦300, name: A, place: P}
      - {id: b, kind: tank, profile: demo-tank, connection: plant, unit: ¦0, name: B, place: P}
      - {id: c, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: C, place: P}
      - {id: ¦D, kind: door, profile: gatehouse-json, connection: broker, topic: t, name: D,
         place: P}
      - ¦{kind: door, profile: gatehouse-json, connection: broker, topic: u, name: E, place: P}
    """
    assert told(text) == [
        "'unit' is 300; expected 1 to 247",
        "'unit' is 0; expected 1 to 247",
        "'id' is 'D'; expected small letters, digits and hyphens, such as door-01",
        "key 'id' is missing; expected id (unique in the file)",
    ]


def test_two_profiles_may_read_one_unit(load: Load) -> None:
    text = """\
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: b, kind: pump, profile: demo-pump, connection: plant, unit: 1, name: B, place: P}
    """
    assert [device.id for device in load(text).devices] == ["a", "b"]


def test_tripwires_lie_in_the_picture_and_have_a_length(told: Told) -> None:
    text = """\
    devices:
      - id: c
        kind: camera
        connection: cameras
        url: rtsp://h/1
        name: C
        place: P
        tripwires:
          fence: ¦[[0.5, 0], [0.5, 0]]
          gate: [[0.5, ¦-0.1], [.5, 1]]
          ¦Wall: [[0, 0], [1, 1]]
    """
    assert told(text.replace("fence: ¦", "fence: ")) == [
        "item 2 is -0.1; expected 0 to 1",
        "'Wall' cannot be a key here; expected small letters, digits and hyphens, such as door-01",
    ]
    alone = text.replace("¦-0.1", "0.1").replace("¦Wall", "wall")
    assert told(alone) == ["tripwire 'fence' has no length; expected two different ends"]


def test_what_is_wrong_with_connections_is_told_where_it_stands(told: Told) -> None:
    text = """\
    site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
    connections:
      a: {type: modbus-tcp, host: h, port: 1502}
      ¦b: {type: mqtt, host: H, port: 1502, client_id: c}
      c: {type: ¦modbus, host: h}
      d: ¦{host: h}
      e: {type: modbus-tcp, host: ¦"tcp://h", port: ¦65536, ¦timout: 1s}
      f: {type: mqtt, host: h, port: ¦true, client_id: ¦"a b"}
      ¦G: {type: rtsp}
      h: ¦rtsp
      i: {type: rtsp, timeout: ¦6s}
    """
    assert told(text, whole=True) == [
        "'b' goes where 'a' goes: H:1502; expected one connection; put the devices of both on 'a'",
        "'type' is 'modbus'; did you mean 'modbus-tcp'?",
        "key 'type' is missing; expected one of: modbus-tcp, mqtt, rtsp",
        "'host' is 'tcp://h'; expected a host name or address alone",
        "'port' is 65536; expected 1 to 65535",
        "unknown key 'timout'; did you mean 'timeout'?",
        "'port' is True; expected a number",
        "'client_id' is 'a b'; expected a word without spaces",
        "'G' cannot be a key here; expected small letters, digits and hyphens, such as door-01",
        "'h' is 'rtsp'; expected a mapping (key: value)",
        "'timeout' is '6s'; expected at most 5s",
    ]


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


def test_what_is_said_about_stores_reaches_the_site(load: Load, tmp_path: Path) -> None:
    site = load(
        """\
        site:
          id: court
          name: Court
          time_zone: Europe/London
          data: stores
          journal: {size: 500MB, age: 3d}
          history: {duckdb: false, keep: {default: 400d, door: 1825d}}
          influx:
            {url: "http://h:8086", version: 2, database: court, token: "${TOKEN}", org: Estates}
          backup: {folder: backups, at: "02:30", keep: 7}
        connections:
          broker: {type: mqtt, host: h, port: 8883, client_id: c, tls: {ca: ca.pem}}
        """,
        whole=True,
        TOKEN="secret",
    )
    assert site.journal == JournalLimits(500_000_000, 3 * DAY)
    assert site.history == HistorySettings(False, {"default": 400 * DAY, "door": 1825 * DAY})
    assert site.influx == InfluxTarget(
        "http://h:8086", "court", version=2, token="secret", org="Estates"
    )
    assert site.backup == BackupPlan(tmp_path / "backups", time(2, 30), 7, tmp_path / "estate.yaml")
    (broker,) = site.connections
    assert isinstance(broker, MqttBroker)
    assert broker.tls == Tls(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("standby: ¦{name: north}", "two gateways share a ledger; expected site.ledger beside"),
        ("history: {duckdb: ¦false}", "no history is kept; expected site.influx"),
        ("history: {keep: {¦dor: 5d}}", "unknown kind 'dor'; did you mean 'door'?"),
        ("history: {keep: {door: ¦0d}}", "'door' is '0d'; expected 1d to 36525d"),
        ("history: {keep: {door: ¦12h}}", "expected whole days such as 7d or 400d"),
        ("journal: {size: ¦4}", "expected a size such as 500MB or 4GB"),
        ("journal: {size: ¦5MB}", "expected at least 10MB"),
        ('backup: {folder: b, at: ¦"24:00"}', "expected a time of day in quotes"),
        ("influx: ¦{url: 'http://h', version: 2, database: d}", "token or org is missing"),
        (
            "influx: {url: 'http://h', database: d, token: ¦\"a\\nb\"}",
            "token holds a space, a line break or the like",
        ),
        (
            "influx: ¦{url: 'http://h', database: d, username: u, token: t, org: o}",
            "both token and username are given",
        ),
    ],
)
def test_stores_that_cannot_be_are_told(told: Told, part: str, said: str) -> None:
    site = f"""\
        site:
          id: court
          name: Court
          time_zone: Europe/London
          data: stores
          {part}
        connections: {{}}
        """
    (problem,) = told(site, whole=True)
    assert said in problem


def test_a_certificate_without_its_key_is_told(told: Told) -> None:
    text = """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          broker: {type: mqtt, host: h, client_id: c, ¦tls: {certificate: own.pem}}
        """
    assert told(text, whole=True) == [
        "certificate and key belong together; expected both or neither"
    ]
