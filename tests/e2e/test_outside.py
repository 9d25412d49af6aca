"""People and systems outside, told by the real process."""

import json
from pathlib import Path

from gateway.desk.notices import Notice, Outbox
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.clock import gateway_clock
from gateway.model.rule import Priority
from gateway.outside.signatures import ID, verified
from simulators.modbus_server import ModbusServer, tank_unit
from simulators.tank import Tank
from tests.blocking import excused
from tests.gateway.outside.receivers import Answer, receiver
from tests.gateway_client import eventually, signed_in, ticket_of
from tests.gateway_process import GatewayProcess, gateway_process, running_gateway
from tests.waiting import until

SECRET = b"0123456789abcdef0123456789abcdef"
WRITTEN = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


async def put(gateway: GatewayProcess, key: str) -> None:
    """As the desk does."""
    notice = Notice(key, "leader", "Low water", "Roof tank", None, Priority.HIGH)
    async with Ledger(sqlite_url(gateway.data / "ledger.db")) as ledger:
        at = gateway_clock()()
        await ledger.transact(lambda connection: Outbox().put(connection, notice, at))


async def test_a_tickets_changes_reach_another_system_and_the_heartbeat_beats(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    tank = Tank(clock(), area=4, height=3, level=0.5)
    with receiver() as erp, receiver() as watchdog:
        async with ModbusServer("127.0.0.1", 0, {1: tank_unit(tank)}, clock) as field:
            site = f"""\
  heartbeat: {{url: "http://127.0.0.1:{watchdog.port}/ping", every: 200ms}}
webhooks: {{erp: {{url: "http://127.0.0.1:{erp.port}/in", secret: whsec_{WRITTEN}}}}}
connections: {{line: {{type: modbus-tcp, host: 127.0.0.1, port: {field.port}}}}}
devices:
  - {{id: roof-tank, kind: tank, profile: demo-tank, connection: line, unit: 1,
     name: {{en: Tank, zh: 水箱}}, place: {{en: Roof, zh: 屋顶}}}}
"""
            with running_gateway(tmp_path, site) as gateway:
                async with signed_in(gateway) as client:
                    ticket = await ticket_of(client, "roof-tank/low-level")
                    await until(lambda: erp.got)
                    await until(lambda: len(watchdog.got) > 2)
    told = json.loads(erp.got[0].body)
    assert told["type"] == "ticket.opened"
    assert told["data"]["ticket"]["number"] == ticket["number"]
    assert verified(SECRET, erp.got[0].headers, erp.got[0].body, clock()) == erp.got[0].headers[ID]


async def test_a_kill_between_sending_and_marking_sends_a_notice_again_with_its_key(
    tmp_path: Path,
) -> None:
    with receiver() as chat:
        chat.open.clear()
        site = f"""\
notices:
  channels: {{chat: {{url: "json://127.0.0.1:{chat.port}/"}}}}
  audiences: {{leader: [chat]}}
"""
        gateway = gateway_process(tmp_path, site)
        with excused():
            gateway.server.start()
        try:
            await put(gateway, "escalation/1/1/0")
            await until(lambda: chat.got)
            with excused():
                gateway.server.kill()
            chat.open.set()
            with excused():
                gateway.server.start()
            await until(lambda: len(chat.got) > 1)
        finally:
            gateway.server.stop()
    assert [got.headers["idempotency-key"] for got in chat.got] == ["escalation/1/1/0"] * 2


async def test_notices_that_nobody_takes_are_an_alarm_until_they_are_delivered(
    tmp_path: Path,
) -> None:
    with receiver() as chat:
        chat.answer = Answer(500)
        site = f"""\
notices:
  channels: {{chat: {{url: "json://127.0.0.1:{chat.port}/"}}}}
  audiences: {{leader: [chat]}}
"""
        with running_gateway(tmp_path, site) as gateway:
            await put(gateway, "escalation/1/1/0")
            async with signed_in(gateway) as client:
                ticket = await ticket_of(client, "gateway/notices-failing")
                assert ticket["title"]["en"] == "Gateway: notices cannot be delivered"
                health = (await client.get("/api/v1/health")).json()
                assert "notices: 1 cannot be delivered" in health["faults"]
                figures = (await client.get("/metrics")).text
                assert 'gatehouse_receiver_up{receiver="channel-chat"} 0.0' in figures
                chat.answer = Answer()
                await eventually(client, "/api/v1/health", lambda health: not health["faults"])
