"""One rule as it is written → the rule, as far as it agrees with itself."""

from dataclasses import dataclass

from gateway.model.rule import NEVER_SHELVED, Guidance, Happened, Rule, Silent, Unusable, When
from gateway.site.document import Node
from gateway.site.draft import Draft
from gateway.site.rule_schema import GuidanceEntry, KindRuleEntry
from gateway.site.when import Scope


@dataclass(frozen=True, slots=True)
class Written:
    """An entry and where it stands. `own_group`: its group is one of its device's alone, being
    written in a kind that any number of devices share. `parents_of_kind`: so are its parents, of
    which a device may lack some."""

    id: str
    entry: KindRuleEntry
    node: Node
    scope: Scope
    own_group: bool = False
    parents_of_kind: bool = False

    @property
    def device(self) -> str:
        """The device that raises it."""
        return self.id.partition("/")[0]

    def rule(self, draft: Draft) -> Rule | None:
        """None where it is switched off, or wrong, with what is wrong in the draft. Its parents
        are still to come (gateway.site.parents)."""
        entry = self.entry
        when = self.scope.when(entry, self.node)
        if when is None or not entry.enabled:
            return None
        self._check(draft, when)
        needed, of = entry.needed
        return Rule(
            id=self.id,
            device=self.device,
            when=when,
            priority=entry.urgency(),
            title=entry.title.text(),
            raise_after=entry.raise_after,
            clear_after=entry.clear_after,
            latching=entry.latching,
            alarm_class=entry.class_,
            needed=needed,
            of=of,
            realarm_after=entry.realarm_after,
            settle=entry.settle,
            recovery=entry.recovery,
            group=self._group(),
            shelve_at_most=entry.shelve_at_most,
            guidance=_guidance(entry.guidance),
            procedure=entry.procedure,
            job=entry.job,
        )

    def _check(self, draft: Draft, when: When) -> None:
        entry, node = self.entry, self.node
        if entry.needed != (1, 1) and isinstance(when, Silent | Unusable | Happened):
            what = "'needed' counts readings of a limit or of states"
            draft.add(node.get("needed").at, what, "expected none here")
        if entry.raise_after and isinstance(when, Happened):
            what = "an event does not last, so it would never be raised"
            draft.add(node.get("raise_after").at, what, "expected no raise_after")
        if entry.shelve_at_most is not None and entry.class_ in NEVER_SHELVED:
            what = f"an alarm of class '{entry.class_}' is never shelved"
            draft.add(node.get("shelve_at_most").at, what, "expected none here")
        if entry.procedure is not None:
            draft.procedure(entry.procedure, node.get("procedure").at)

    def _group(self) -> str | None:
        if self.entry.group is None or not self.own_group:
            return self.entry.group
        return f"{self.device}/{self.entry.group}"


def _guidance(entry: GuidanceEntry | None) -> Guidance | None:
    if entry is None:
        return None
    return Guidance(entry.cause.text(), entry.consequence.text(), entry.response.text())
