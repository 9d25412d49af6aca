"""What a site file says of clocks, calendars and escalation, looked at together."""

from gateway.site.desk_schema import DeskEntry
from gateway.site.draft import Draft
from gateway.site.timing_model import BROUGHT_CALENDARS, BROUGHT_CHAIN


def check_timing(draft: Draft, desk: DeskEntry) -> None:
    """A clock must go by a calendar there is, and a chain tell an audience there is."""
    calendars = {**BROUGHT_CALENDARS, **desk.calendars}
    at = draft.nodes.get("site", "desk")
    for clock, node in zip(desk.clocks, at.get("clocks").items, strict=True):
        for key, name in (("during", clock.during), ("counting", clock.counting)):
            if name is not None and name not in calendars:
                draft.unknown(node.get(key).at, "calendar", name, calendars)
    brought = (level.audience for level in BROUGHT_CHAIN.levels)
    audiences = {*brought, *draft.entries.notices.audiences}
    for chain, node in zip(desk.escalation, at.get("escalation").items, strict=True):
        for level, place in zip(chain.levels, node.get("levels").items, strict=True):
            if level.tell not in audiences:
                draft.unknown(place.get("tell").at, "audience", level.tell, audiences)
