"""What cameras see now, for those who look."""

from collections.abc import Mapping

from gateway.errors import Missing
from gateway.model.driver import Looker
from gateway.model.still import Still


class Stills:
    """One per gateway. `lookers`: by camera, the driver that reads it. Apart from readings and
    alarms: nothing waits for a picture but who asks for it."""

    def __init__(self, lookers: Mapping[str, Looker]) -> None:
        self._lookers = lookers

    async def now(self, camera: str) -> Still:
        """The next picture that comes. Missing where there is no such camera, Unreachable when none
        comes within three seconds."""
        looker = self._lookers.get(camera)
        if looker is None:
            raise Missing(camera, "is no camera of this site", "see the list of devices")
        return await looker.still(camera)
