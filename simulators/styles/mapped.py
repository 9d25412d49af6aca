"""A firmware nobody knows, for which a site file needs a mapping: a number in JSON."""

import json
from collections.abc import Mapping, Sequence

from gateway.model.clock import MILLISECOND, Micros
from simulators.styles.speech import Presence, Said, Speech


def _says(topic: str, values: Mapping[str, object], message: str, now: Micros) -> Sequence[Said]:
    if "contact" not in values:
        return []
    door = {"leaf": int(values["contact"] == "open")}
    said = {"uuid": f"{message:>16}", "t": now // MILLISECOND, "door": door}
    return [Said(f"{topic}/status", json.dumps(said).encode())]


SPEECH = Speech(lambda topic: Presence(f"{topic}/lwt", b"up", b"down"), _says)
