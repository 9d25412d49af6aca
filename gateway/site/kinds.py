"""What device kinds must keep to among themselves."""

from gateway.site.derived import check_kind_expressions
from gateway.site.draft import Draft
from gateway.site.kind_points import check_confirmation, point
from gateway.site.kind_schema import KindEntry
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
            check_confirmation(draft, node, shows, entry.points)
