"""A command handed to the driver that sends it: once, or, for a fire, until somebody takes it."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from gateway.errors import GatehouseError, Refused, Unanswered, Unreachable
from gateway.model.clock import SECOND, Micros
from gateway.model.command import Command, Outcome, Result
from gateway.model.driver import Commander

logger = logging.getLogger(__name__)

TRIED_EVERY_S: Final = 0.25
"""How often a fire's release is tried that nobody could take."""
TRIED_UNTIL: Final[Micros] = 3 * SECOND
"""With less of its time left no broker takes a command."""

DOUBTFUL: Final = Outcome(Result.UNKNOWN, "not-shown")
"""It may have been handed over, or not: a reading can still show it."""


async def handed_over(link: Commander, command: Command, left: Micros) -> Outcome | None:
    """None when it was; DOUBTFUL when it may have been: a reading can still show that."""
    try:
        async with asyncio.timeout(left / SECOND):
            await link.send(command)
    except Refused as error:
        return Outcome(Result.REFUSED, "device-refuses", _told(error))
    except (Unanswered, TimeoutError) as error:
        logger.warning("%s: whether it was asked to %s: %s", command.device, command.action, error)
        return DOUBTFUL
    except Unreachable as error:
        return Outcome(Result.FAILED, "unreachable", _told(error))
    return None


async def released(link: Commander, command: Command, left: Micros) -> Outcome | None:
    """The same for what a fire asks for: what nobody could take may be taken before it is void."""
    loop = asyncio.get_running_loop()
    void_at = loop.time() + left / SECOND
    problem = await handed_over(link, command, left)
    while problem is not None and problem.result is Result.FAILED:
        await asyncio.sleep(TRIED_EVERY_S)
        left = round((void_at - loop.time()) * SECOND)
        if left < TRIED_UNTIL:
            break
        again = await handed_over(link, command, left)
        problem = again if again in (None, DOUBTFUL) else problem
    return problem


def _told(error: GatehouseError) -> Mapping[str, str]:
    told = {"subject": error.subject, "problem": error.problem, "remedy": error.remedy}
    return {name: said for name, said in told.items() if said}
