"""Who may sign a hand-over, and when. Pure: what is known of it is the argument."""

from collections.abc import Collection

from gateway.errors import Refused
from gateway.model.clock import Micros
from gateway.model.handover import Handover


def check_leaving(
    handover: Handover,
    before: Handover | None,
    team: Collection[str],
    user: str,
    now: Micros,
    sign_from: Micros,
) -> None:
    """Refused unless somebody on duty signs, `sign_from` before the shift's end or later. On duty
    is who belongs to the `team` (nobody: there is no roster), or took over for it at the hand-over
    `before` (None: this is the first)."""
    subject = f"hand-over {handover.id}"
    if handover.left_at is not None:
        raise Refused(subject, "is signed by the leaving side already")
    if before is not None and before.taken_at is None:
        problem = "the one before is not signed by both sides"
        raise Refused(subject, problem, "sign that one first")
    if now < handover.due_at - sign_from:
        raise Refused(subject, "its shift is far from its end", "sign it towards the end")
    if before is None or before.taken_by != user:
        _check_team(subject, user, handover.team, team)


def check_taking(
    handover: Handover, following: Handover | None, team: Collection[str], user: str
) -> None:
    """Refused unless somebody of the `team` of the `following` shift signs (nobody: there is no
    roster), after the leaving side, and not for both."""
    subject = f"hand-over {handover.id}"
    if handover.taken_at is not None:
        raise Refused(subject, "is signed by both sides already")
    if handover.left_at is None or following is None:
        raise Refused(subject, "the leaving side has not signed yet", "let it sign first")
    if handover.left_by == user:
        raise Refused(subject, "nobody signs for both sides", "let the relief sign")
    _check_team(subject, user, following.team, team)


def _check_team(subject: str, user: str, team: str, members: Collection[str]) -> None:
    if members and user not in members:
        raise Refused(
            subject,
            f"{user} is not of team {team} on the roster",
            "let one of them sign, or have the leader change the roster",
        )
