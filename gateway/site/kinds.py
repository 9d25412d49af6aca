"""What device kinds must keep to among themselves."""

from gateway.model.point import PointKind
from gateway.site.derived import check_kind_expressions
from gateway.site.draft import Draft
from gateway.site.kind_points import point
from gateway.site.kind_schema import KindEntry
from gateway.site.problems import suggestion
from gateway.site.rules import check_kind_rules


def check_kinds(draft: Draft) -> None:
    """Adds what is wrong with any kind, used or not."""
    for name, kind in draft.entries.kinds.items():
        points = {key: point(name, key, entry) for key, entry in kind.points.items()}
        check_kind_rules(draft, name, points)
        _check_commands(draft, name, kind)
        check_kind_expressions(draft, name, points)


def _check_commands(draft: Draft, kind: str, entry: KindEntry) -> None:
    for action, command in entry.commands.items():
        for index, shows in enumerate(command.confirmed_by):
            node = draft.nodes.get("kinds", kind, "commands", action, "confirmed_by", index)
            found = entry.points.get(shows.point)
            if found is None:
                draft.unknown(node.get("point").at, "point", shows.point, entry.points)
                continue
            if bool(shows.in_) is (found.kind is PointKind.EVENT):
                what = f"'{shows.point}' is of kind {found.kind}"
                draft.add(node.at, what, "expected states, or an event without `in`")
            for place, state in enumerate(shows.in_):
                if state not in found.states:
                    what = f"'{shows.point}' has no state '{state}'"
                    draft.add(node.get("in", place).at, what, suggestion(state, found.states))
