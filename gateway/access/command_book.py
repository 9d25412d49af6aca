"""Every command in the ledger, with its line in the audit record; those refused too."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access
from gateway.model.actor import GATEWAY, Actor
from gateway.model.clock import Micros
from gateway.model.command import Action, Command, Outcome, Result
from gateway.security.audit import record

STOPPED: Final = Outcome(Result.UNKNOWN, "gateway-stopped")
_open = access.command.c.result.is_(None)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A command and how it ended; `outcome` is None while it is under way. `second` agreed."""

    command: Command
    second: str | None
    outcome: Outcome | None
    ended_at: Micros | None


class CommandBook:
    """One per gateway. All of it raises Unreachable when the ledger is."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def begin(self, command: Command, second: str | None = None) -> None:
        """It is about to be sent."""

        def work(connection: sa.Connection) -> None:
            connection.execute(access.command.insert().values(_row(command, second)))
            _audit(connection, command, command.asked_at, "asked")

        await self._ledger.transact(work)

    async def end(self, command: Command, outcome: Outcome, at: Micros) -> None:
        """So it came out."""

        def work(connection: sa.Connection) -> None:
            this = access.command.c.id == command.id
            connection.execute(access.command.update().where(this).values(_ended(outcome, at)))
            _audit(connection, command, at, outcome.result, f"{outcome.result}: {outcome.code}")

        await self._ledger.transact(work)

    async def refused(
        self, command: Command, outcome: Outcome, at: Micros, second: str | None = None
    ) -> None:
        """It was not sent."""

        def work(connection: sa.Connection) -> None:
            row = _row(command, second) | _ended(outcome, at)
            connection.execute(access.command.insert().values(row))
            _audit(connection, command, at, outcome.result, f"{outcome.result}: {outcome.code}")

        await self._ledger.transact(work)

    async def left_open(self) -> list[str]:
        """The devices of the commands that an earlier process left under way."""
        query = sa.select(access.command.c.device).where(_open).distinct()
        rows = await self._ledger.transact(lambda connection: connection.execute(query).all())
        return sorted(row.device for row in rows)

    async def close_open(self, at: Micros) -> None:
        """Nobody waits for those any more that an earlier process left under way: how they ended is
        unknown."""

        def work(connection: sa.Connection) -> None:
            left = connection.execute(sa.select(access.command).where(_open)).all()
            connection.execute(access.command.update().where(_open).values(_ended(STOPPED, at)))
            for row in left:
                told = f"{STOPPED.result}: {STOPPED.code}"
                subject = _subject(_recorded(row).command)
                record(connection, at, GATEWAY, "command unknown", subject, after=told)

        await self._ledger.transact(work)

    async def newest(self, limit: int, device: str | None = None) -> list[Recorded]:
        """The last ones, newest first; of one device, or of all."""
        query = sa.select(access.command).order_by(access.command.c.asked_at.desc()).limit(limit)
        if device is not None:
            query = query.where(access.command.c.device == device)
        rows = await self._ledger.transact(lambda connection: connection.execute(query).all())
        return [_recorded(row) for row in rows]


def _audit(
    connection: sa.Connection, command: Command, at: Micros, word: str, after: str = ""
) -> None:
    record(
        connection,
        at,
        command.asked_by,
        f"command {word}",
        _subject(command),
        reason=command.reason,
        after=after,
    )


def _subject(command: Command) -> str:
    """Of `set` with what is set, to what."""
    told = f"{command.device} {command.action}"
    if command.action is not Action.SET:
        return told
    return f"{told} {command.parameters.get('point')} = {command.parameters.get('value')}"


def _row(command: Command, second: str | None) -> dict[str, object]:
    return {
        "id": command.id,
        "device": command.device,
        "action": command.action,
        "parameters": dict(command.parameters),
        "who": command.asked_by.user,
        "role": command.asked_by.role,
        "place": command.asked_by.place,
        "second": second,
        "reason": command.reason,
        "asked_at": command.asked_at,
        "expires_at": command.expires_at,
    }


def _ended(outcome: Outcome, at: Micros) -> dict[str, object]:
    return {
        "result": outcome.result,
        "code": outcome.code,
        "detail": dict(outcome.detail),
        "ended_at": at,
    }


def _recorded(row: "sa.Row[tuple[object, ...]]") -> Recorded:
    command = Command(
        id=row.id,
        device=row.device,
        action=Action(row.action),
        asked_by=Actor(row.who, row.role, row.place),
        reason=row.reason,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        parameters=row.parameters,
    )
    ended = row.result is not None
    outcome = Outcome(Result(row.result), row.code, row.detail) if ended else None
    return Recorded(command, row.second, outcome, row.ended_at)
