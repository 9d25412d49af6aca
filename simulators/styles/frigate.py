"""Frigate with one camera, `PREFIX/CAMERA`, and one zone in its picture, `yard`."""

import json
from collections.abc import Mapping, Sequence

from gateway.model.clock import SECOND, Micros
from simulators.styles.speech import Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], message: str, now: Micros) -> Sequence[Said]:
    prefix, _, camera = topic.rpartition("/")
    stats = {"cameras": {camera: {"camera_fps": 5.1}}, "service": {"uptime": 99}}
    said = [Said(f"{prefix}/stats", json.dumps(stats).encode())]
    if "line" in values:
        count = b"1" if values["line"] == "alarm" else b"0"
        said.append(Said(f"{prefix}/yard/all", count))
    if values.get("plate"):
        seen = {
            "id": message,
            "camera": camera,
            "frame_time": now / SECOND,
            "label": "car",
            "entered_zones": ["yard"],
            "recognized_license_plate": values["plate"],
            "recognized_license_plate_score": 0.93,
        }
        event = {"type": "new", "before": seen, "after": seen}
        said.append(Said(f"{prefix}/events", json.dumps(event).encode()))
    return said


SPEECH = Speech(lambda topic: Presence(f"{topic.rpartition('/')[0]}/available"), _says)
