"""Which rules belong together: parents and their children, and groups that fail together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from gateway.alarms.first_out import is_first_out
from gateway.alarms.suppression import parents_of
from gateway.alarms.work import AlarmWork
from gateway.model.alarm import Suppressing, Suppression
from gateway.model.clock import Micros
from gateway.model.rule import Rule


class Kin:
    """The ties between the rules of one site."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._children: dict[str, list[Rule]] = defaultdict(list)
        self._groups: dict[str, list[str]] = defaultdict(list)
        for rule in rules:
            for parent in parents_of(rule):
                self._children[parent].append(rule)
            if rule.group is not None:
                self._groups[rule.group].append(rule.id)

    def children(self, parent: str) -> Sequence[Rule]:
        """The rules that are quiet by design while an alarm of `parent` is active."""
        return self._children.get(parent, ())

    def ids(self, rule: Rule) -> set[str]:
        """The rules whose records an alarm of this one may concern."""
        mates = () if rule.group is None else self._groups[rule.group]
        return {rule.id, *mates, *(child.id for child in self.children(rule.id))}

    def is_first_out(self, work: AlarmWork, rule: Rule) -> bool:
        """Whether an alarm of the rule that is raised now is the first of its group."""
        if rule.group is None:
            return False
        standing = (work.alarm(mate) for mate in self._groups[rule.group])
        return is_first_out(rule.id, [alarm for alarm in standing if alarm is not None])

    def to_quiet(self, work: AlarmWork, parent: str) -> list[Rule]:
        """The children that the parent's alarm, active now, does not keep quiet yet; where it still
        does, since it was active a moment ago, it goes on."""
        children = self.children(parent)
        work.preload(child.id for child in children)
        missing = []
        for child in children:
            standing = _by_design(work, child, parent)
            if standing is None:
                missing.append(child)
            elif standing.until is not None:
                work.prolong(standing, None)
        return missing

    def release(self, work: AlarmWork, parent: str, at: Micros) -> None:
        """The parent's alarm is over, or kept quiet itself: its children have their recovery time
        yet, from the first of the two on."""
        children = self.children(parent)
        work.preload(child.id for child in children)
        for child in children:
            standing = _by_design(work, child, parent)
            if standing is not None and standing.until is None:
                work.prolong(standing, at + child.recovery)


def _by_design(work: AlarmWork, child: Rule, parent: str) -> Suppression | None:
    found = (
        suppression
        for suppression in work.suppressions(child.id)
        if suppression.kind is Suppressing.BY_DESIGN and suppression.parent == parent
    )
    return next(found, None)
