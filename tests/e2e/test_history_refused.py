"""An InfluxDB that does not let the gateway in is a ticket, and none any more once it does."""

from pathlib import Path

from tests.gateway_client import eventually, signed_in, ticket_of
from tests.gateway_process import running_gateway
from tests.servers import InfluxServer

SITE = """\
  influx: {{url: "{url}", version: 1, database: refused, username: {user}, password: wrong}}
connections: {{}}
devices: []
"""


async def test_a_wrong_password_is_a_ticket_and_a_fault_with_its_remedy(
    tmp_path: Path, influx: InfluxServer
) -> None:
    site = SITE.format(url=influx.url, user=influx.username)
    with running_gateway(tmp_path, site) as gateway:
        async with signed_in(gateway) as client:
            ticket = await ticket_of(client, "gateway/influxdb-refused")
            assert ticket["title"]["zh"] == "网关：influxdb 拒绝写入历史数据"
            await eventually(
                client,
                "/api/v1/health",
                lambda health: any("check username and password" in f for f in health["faults"]),
            )
