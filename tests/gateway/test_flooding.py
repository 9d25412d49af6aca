from pathlib import Path

from gateway.alarms.evaluation import Evaluation, Start
from gateway.flooding import rules
from gateway.model.point import MESSAGES_DROPPED
from gateway.model.reading import Reading
from tests.gateway.samples import NOON, site


def test_what_a_device_says_too_much_of_is_an_alarm_of_that_device(tmp_path: Path) -> None:
    found = {rule.device: rule for rule in rules(site(tmp_path).devices)}
    evaluation = Evaluation(found.values(), {}, Start(NOON, 0))
    said = Reading(f"door/{MESSAGES_DROPPED}", {"dropped": 3}, NOON, NOON, seq=1)
    (rule,) = {turn.rule.id for turn in evaluation.take(said) if turn.raised}
    assert found["door"].id == rule
    assert found["door"].guidance is not None
