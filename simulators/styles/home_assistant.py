"""Home Assistant's binary sensor of class `door`: ON is open."""

from collections.abc import Mapping, Sequence

from gateway.model.clock import Micros
from simulators.styles.speech import Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], _message: str, _now: Micros) -> Sequence[Said]:
    if "contact" not in values:
        return []
    return [Said(f"{topic}/state", b"ON" if values["contact"] == "open" else b"OFF")]


SPEECH = Speech(lambda topic: Presence(f"{topic}/availability"), _says)
