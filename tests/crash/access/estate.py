"""The estate's part of the site file: for each round a door that is opened, one that is asked to
open, one that is locked down, one that a fire releases, and a barrier."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")

_DOOR: Final = """\
  - template: {{id: "{name}-{{n}}", kind: door, profile: gatehouse-json, connection: broker,
      topic: "field/{name}-{{n}}", points: [lock, access], name: {{en: "{name} {{n}}", zh: 门}},
      place: {{en: Hall, zh: 大厅}}, door: {{open_time: 10m}},
      rules: {{offline: {{enabled: false}}}}}}
    range: [0, {last}]
"""
_REST: Final = """\
  - template: {{id: "gate-{{n}}", kind: barrier, profile: gatehouse-json, connection: broker,
      topic: "field/gate-{{n}}", points: [safety-loop, plate], name: {{en: "Gate {{n}}", zh: 道闸}},
      place: {{en: Gate, zh: 大门}}, barrier: {{direction: in}},
      rules: {{offline: {{enabled: false}}}}}}
    range: [0, {last}]
  - template: {{id: "panel-{{n}}", kind: panel, profile: gatehouse-json, connection: broker,
      topic: "field/panel-{{n}}", name: {{en: "Panel {{n}}", zh: 控制器}},
      place: {{en: Hall, zh: 大厅}}, rules: {{offline: {{enabled: false}}}}}}
    range: [0, {last}]
  - template: {{id: "fire-{{n}}", kind: fire, connection: own, name: {{en: "Fire {{n}}", zh: 联动}},
      place: {{en: Hall, zh: 大厅}}, rules: {{input: {{enabled: false}}}},
      fire: {{inputs: ["panel-{{n}}/fire"], doors: ["exit-{{n}}"], within: 2s}}}}
    range: [0, {last}]
  - {{id: fence, kind: line, profile: gatehouse-json, connection: broker, topic: field/fence,
     name: Fence, place: Wall, rules: {{offline: {{enabled: false}}}}}}
  - {{id: wall, kind: zone, connection: own, name: Wall, place: Wall,
     zone: {{lines: [{{point: fence/line}}]}}, rules: {{doubtful: {{enabled: false}}}}}}
  - {{id: court, kind: passback, connection: own, name: Court, place: Hall,
     passback: {{doors: [{doors}], forget_at: "{forget_at}"}}}}
"""
CONNECTION: Final = "  own: {type: gateway}\n"
DOORS: Final = ("hall", "side", "vault", "exit")
TOPICS_PER_ROUND: Final = 2 * (len(DOORS) + 2)
TOPICS: Final = 2
"""Of the fence."""


def devices(rounds: int) -> str:
    """YAML. Whereabouts are forgotten half a day from now, whatever the clock is set to."""
    last = rounds - 1
    doors = "".join(_DOOR.format(name=name, last=last) for name in DOORS)
    halls = ", ".join(f"{{door: hall-{n}}}" for n in range(rounds))
    forget_at = (datetime.now(ZONE) + timedelta(hours=12)).strftime("%H:%M")
    return doors + _REST.format(last=last, doors=halls, forget_at=forget_at)
