"""What engineers see of the gateway itself, in a real browser."""

from pathlib import Path

import paho.mqtt.publish as mqtt
from playwright.async_api import expect

from tests.blocking import excused
from tests.e2e.browser import Seen, add_user, browser, page_of, sign_in
from tests.gateway_process import running_gateway
from tests.servers import Broker

SITE = """\
connections: {{broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}}}
devices:
  - {{id: door-1, kind: door, profile: gatehouse-json, connection: broker, topic: doors/1,
     name: Door 1, place: Hall}}
"""


async def test_an_engineer_reads_what_nobody_could_and_an_operator_has_no_such_page(
    tmp_path: Path, broker: Broker
) -> None:
    with running_gateway(tmp_path, SITE.format(port=broker.port)) as gateway:
        async with browser() as running:
            admin, of_admin = await page_of(running, gateway)
            await admin.goto(gateway.sign_in_link)
            password = await add_user(admin, gateway, "olaf", "operator")
            await admin.get_by_role("link", name="Health").click()
            connections = admin.get_by_role("region", name="Connections")
            await expect(connections).to_contain_text("broker")
            with excused():
                mqtt.single(
                    "doors/1/state", b"half a mess", 1, hostname=broker.host, port=broker.port
                )
            letters = admin.get_by_role("region", name="The newest of them")
            for told in ("doors/1/state", "not JSON (bad-json)", "half a mess"):
                await expect(letters).to_contain_text(told)
            reasons = admin.get_by_role("region", name="Messages nobody could read, by reason")
            await expect(reasons).to_contain_text("not JSON (bad-json)")

            page, seen = await page_of(running, gateway)
            await sign_in(page, gateway, "olaf", password)
            await expect(page.get_by_role("link", name="Health")).to_have_count(0)
            await page.goto(f"{gateway.url}/health")
            assert page.url == f"{gateway.url}/"
            assert (of_admin, seen) == (Seen(), Seen())
