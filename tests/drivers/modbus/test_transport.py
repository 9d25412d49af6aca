"""Connections by pymodbus: what it would do with a cancellation, and with what goes wrong."""

import asyncio
import struct

import pytest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

from drivers.modbus.transport import connect
from tests.drivers.modbus.field import connection, until, wire, within


async def test_a_cancellation_that_meets_the_answer_is_kept() -> None:
    """asyncio.wait_for, by which pymodbus waits, loses one until Python 3.12 (CPython gh-86296)."""
    async with wire(lambda _: b"") as served:
        carrier = await connect(connection(served.port))
        request = ReadHoldingRegistersRequest(dev_id=1, address=0, count=1)
        asking = asyncio.create_task(carrier.ask(request, patience=20))
        await until(lambda: bool(served.asked))
        carrier.data_received(served.asked[0].registers(5))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(asking)
        carrier.close()


async def test_what_comes_unasked_is_dropped() -> None:
    async with wire(lambda asked: asked.registers(5)) as served:
        carrier = await connect(connection(served.port))
        carrier.data_received(struct.pack(">HHHBBBH", 1, 0, 5, 1, 3, 2, 4711))
        request = ReadHoldingRegistersRequest(dev_id=1, address=0, count=1)
        assert (await carrier.ask(request, patience=20)).registers == [5]
        carrier.close()
