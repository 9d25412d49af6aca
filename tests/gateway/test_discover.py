"""`gatehouse discover` asks a real broker, and changes nothing."""

import asyncio
from pathlib import Path

import pytest
import yaml

from gateway.cli import main
from tests.drivers.mqtt.estate import publisher
from tests.servers import Broker

DOOR = (
    '{"name":"Cellar","uniq_id":"cellar","stat_t":"estate/cellar/state","dev_cla":"door",'
    '"avty_t":"estate/cellar/status"}'
)


def site_file(folder: Path, broker: Broker, allowed: str) -> str:
    file = folder / "estate.yaml"
    file.write_text(
        "site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}\n"
        f"connections: {{broker: {{type: mqtt, host: {broker.host}, port: {broker.port},"
        f" client_id: court{allowed}}}}}\n"
    )
    return str(file)


async def test_what_devices_say_of_themselves_is_proposed(
    broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with publisher(broker) as side:
        await side.publish("homeassistant/binary_sensor/cellar/config", DOOR, retain=True)
        await side.publish("elsewhere/binary_sensor/attic/config", DOOR, retain=True)
    file = site_file(tmp_path, broker, ", discovery: [homeassistant]")
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(main, ["discover", file, "broker", "--listen", "1"])
    assert ended.value.code == 0
    told = yaml.safe_load(capsys.readouterr().out)
    assert [entry["topic"] for entry in told["devices"]] == ["estate/cellar"]
    assert told["mappings"]["cellar-says"]["presence"]["topic"] == "status"


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        ("broker", "broker: allows no discovery; write connections.broker.discovery"),
        ("plant", "plant: is no MQTT connection of this site; take broker"),
    ],
)
def test_only_below_prefixes_that_the_site_file_allows(
    broker: Broker, tmp_path: Path, capsys: pytest.CaptureFixture[str], connection: str, told: str
) -> None:
    with pytest.raises(SystemExit):
        main(["discover", site_file(tmp_path, broker, ""), connection])
    assert told in capsys.readouterr().err
