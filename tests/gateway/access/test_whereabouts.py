"""Who is inside outlives a kill, a save that fails and another gateway; a save writes who moved."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from gateway.access.roll import Known, Roll, digest
from gateway.access.roll_call import RollCalls, Where
from gateway.access.service import AccessService
from gateway.access.states import Kept, States
from gateway.errors import Missing, Unreachable
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access
from gateway.model.clock import SECOND
from tests.gateway.access.areas import area, where
from tests.gateway.access.served import Served
from tests.gateway.samples import NOON


class Gate(Served):
    """An area's way in."""

    async def tells(self, point: str, **value: str) -> None:
        self.now += 2 * SECOND
        await self.tell(point, value)

    async def goes(self, who: str, direction: str = "in") -> None:
        await self.tells("gate/passage", result="taken", credential=who, direction=direction)

    async def is_let_in(self, service: AccessService, who: str) -> bool:
        before = len(self.asked)
        await self.tells("gate/access", result="asked", credential=who, direction="in")
        await self.settled(service)
        return len(self.asked) > before

    async def on_record(self) -> set[str]:
        """The digests of the ledger's rows."""
        query = sa.select(access.access_person.c.who)
        return set(await self.ledger.transact(lambda db: db.execute(query).scalars().all()))


@pytest.fixture
def gate(journal: Journal, ledger: Ledger) -> Gate:
    return Gate(journal, ledger, area())


@pytest.mark.parametrize("killed", [True, False])
async def test_who_came_in_before_a_kill_or_a_stop_is_not_let_in_again(
    gate: Gate, killed: bool
) -> None:
    async with gate.running(killed=killed):
        await gate.goes("li")
    async with gate.running() as service:
        assert not await gate.is_let_in(service, "li")
        assert await gate.is_let_in(service, "wang")


async def test_another_gateway_knows_who_is_inside(gate: Gate) -> None:
    """Its own journal has nothing of it."""
    async with gate.running():
        await gate.goes("li")
    async with gate.running(elsewhere=True) as service:
        assert not await gate.is_let_in(service, "li")


async def test_who_moved_in_a_save_that_failed_is_in_the_next(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = gate.ledger.transact

    async def committed_and_lost(work: Callable[[sa.Connection], object]) -> object:
        await transact(work)
        raise Unreachable("ledger", "gone before it answered")

    async with gate.running() as service:
        await gate.goes("li")
        await gate.goes("wang")
        await gate.settled(service)
        with monkeypatch.context() as patched:
            patched.setattr(gate.ledger, "transact", committed_and_lost)
            with pytest.raises(Unreachable):
                await service.save()
        await gate.goes("zhao")
        await gate.tells("court/order", action="forgive", person=digest("li"))
        await gate.settled(service)
        await service.save()
        assert await gate.on_record() == {digest("wang"), digest("zhao")}


async def test_a_save_writes_only_who_moved(ledger: Ledger) -> None:
    states = States()
    machine = area()
    crowd = Roll(Known(digest(str(n)), True, 1, 1, NOON) for n in range(2_000))
    before, after = (_state(crowd), _state(crowd.without(digest("7")).knowing(_li())))
    rows: list[object] = []

    def write(db: sa.Connection, state: object) -> None:
        states.write(db, Kept({"court": state}, 1))

    await ledger.transact(lambda db: write(db, before))
    states.wrote({"court": before})

    def counted(db: sa.Connection) -> None:
        def note(_c: object, _s: object, text: str, told: object, *_more: object) -> None:
            if "access_person" in text:
                rows.append(told)

        sa.event.listen(db, "before_cursor_execute", note)
        write(db, after)

    await ledger.transact(counted)
    assert len(rows) == 2
    kept, lost = await ledger.transact(lambda db: States().read([machine], db))
    assert kept.states["court"] == after
    assert lost == frozenset()


@pytest.mark.promise("S10")
async def test_a_save_that_may_have_been_committed_all_the_same_leaves_nobody_behind(
    ledger: Ledger,
) -> None:
    states = States()
    nobody, somebody = _state(Roll()), _state(Roll([_li()]))

    async def save(state: object) -> None:
        await ledger.transact(lambda db: states.write(db, Kept({"court": state}, 1)))

    await save(nobody)
    states.wrote({"court": nobody})
    await save(somebody)
    states.doubt(["court"])  # the connection broke before the answer came
    await save(nobody)
    kept, _ = await ledger.transact(lambda db: States().read([area()], db))
    assert kept.states["court"] == nobody


async def test_the_roll_call_names_who_is_inside_and_who_was_let_out(gate: Gate) -> None:
    async with gate.running() as service:
        calls = RollCalls(where(), service.state)
        for who in ("wang", "li", "zhao"):
            await gate.goes(who)
        await gate.goes("zhao", "out")
        await gate.tells("gate/access", result="granted", credential="wang", direction="out")
        await gate.tells("fire/fire")
        await gate.settled(service)
        told = [(each.credential, each.where, each.door) for each in calls.of("court")]
        assert told == [("li", Where.INSIDE, "gate"), ("wang", Where.LEAVING, "gate")]
        with pytest.raises(Missing, match="no such anti-passback area"):
            calls.of("fire")
    async with gate.running() as service:
        calls = RollCalls(where(), service.state)
        assert [each.credential for each in calls.of("court")] == ["li", "wang"]


def _state(people: Roll) -> object:
    return replace(area().begin(), people=people)


def _li() -> Known:
    return Known(digest("li"), True, NOON, NOON, NOON)
