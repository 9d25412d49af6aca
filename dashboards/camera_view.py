"""What the cameras of a device see now, anew every other second."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from nicegui import ui

from dashboards.moments import clock_time
from dashboards.texts import Texts
from dashboards.told import sentence
from gateway.errors import GatehouseError
from gateway.site.model import Device
from gateway.video.stills import Stills

LOOK_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Picture:
    """One camera's place on the page."""

    camera: str
    name: str
    image: ui.element
    words: ui.label


class CameraView:
    """Built into the current container; nothing to see until cameras are shown. A camera that gives
    no picture is said to, and its last one taken away: it would be taken for live."""

    def __init__(self, stills: Stills, zone: ZoneInfo, texts: Texts) -> None:
        self._stills = stills
        self._zone = zone
        self._texts = texts
        self._shown: tuple[str, ...] = ()
        self._pictures: tuple[_Picture, ...] = ()
        self._root = ui.element("div").classes("cameras")
        self._root.set_visibility(False)

    def show(self, cameras: tuple[Device, ...]) -> None:
        """Turn to those cameras; `look` fills in what they see."""
        if self._shown == (shown := tuple(camera.id for camera in cameras)):
            return
        self._shown = shown
        self._root.clear()
        self._root.set_visibility(bool(cameras))
        with self._root:
            self._pictures = tuple(self._picture(camera) for camera in cameras)

    async def look(self) -> None:
        """Once, by all of them."""
        await asyncio.gather(*(self._look(picture) for picture in self._pictures))

    def _picture(self, camera: Device) -> _Picture:
        name = f"{camera.name.in_(self._texts.language)} ({camera.place.in_(self._texts.language)})"
        with ui.element("figure").classes("snapshot live"):
            image = ui.element("img")
            image.props["alt"] = name
            image.set_visibility(False)
            with ui.element("figcaption"):
                words = ui.label(self._texts("camera.waiting", name=name))
        return _Picture(camera.id, name, image, words)

    async def _look(self, picture: _Picture) -> None:
        try:
            still = await self._stills.now(picture.camera)
        except GatehouseError as error:
            why = sentence(error.problem, self._texts.language)
            self._tell(picture, None, self._texts("camera.none", name=picture.name, why=why))
            return
        at = clock_time(still.taken_at, self._zone)
        self._tell(picture, still.jpeg, self._texts("camera.live", name=picture.name, at=at))

    def _tell(self, picture: _Picture, jpeg: bytes | None, words: str) -> None:
        if picture not in self._pictures:
            return  # the person has turned to something else meanwhile
        picture.words.text = words
        picture.image.set_visibility(jpeg is not None)
        encoded = "" if jpeg is None else f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"
        picture.image.props["src"] = encoded
        picture.image.update()
