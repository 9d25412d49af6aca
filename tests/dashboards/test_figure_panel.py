from pathlib import Path

from dashboards.device_names import device_names
from dashboards.figure_panel import actor_row
from gateway.alarms.figures import BadActor
from gateway.model.text import Language
from tests.gateway.samples import LOW_WATER, site


def test_the_same_rule_of_two_devices_is_told_apart_by_the_device(tmp_path: Path) -> None:
    names = device_names(site(tmp_path, (LOW_WATER,)), Language.EN)
    actor = BadActor(LOW_WATER.id, LOW_WATER.title, 3, 0.5)
    assert actor_row(actor, names, Language.EN).cells == (LOW_WATER.title.en, names["tank"], "3")
    own = BadActor("gateway/disk-low", LOW_WATER.title, 1, 0.5)
    assert actor_row(own, names, Language.EN).cells[1] == "gateway/disk-low"
