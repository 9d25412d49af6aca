"""The site plan's overlay as SVG: a marker and a label for each device that has a position.

Shapes say the kind of device, badge and colour how it stands, the label's second line says it in
words. Units are those of the picture underneath (WIDTH × HEIGHT).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final
from unicodedata import east_asian_width

from dashboards.device_views import BADGES, DeviceView
from gateway.model.text import Language
from gateway.site.model import Device

WIDTH: Final = 1000
HEIGHT: Final = 520
RADIUS: Final = 17
NAME_SIZE: Final = 17
LINE: Final = 20
_STATE_EM: Final = 7.5
"""Room kept for the state below a short name, in ems."""

MARKER_ID: Final = "device:"
"""Before a device's id in the id of what is clicked."""

_SHAPES: Final[Mapping[str, str]] = {
    "tank": '<path d="M-7-8v14q0 3 7 3t7-3V-8M-7-1q3.5-3 7 0t7 0"/>',
    "pump": '<circle r="8"/><path d="M-4-6.5 8 0-4 6.5Z"/>',
    "door": '<path d="M-6 9V-9H6V9M-9 9H9M2 0h1"/>',
    "barrier": '<path d="M-8 9V-3M-11 9h6M-8-3 10-7M-2-4.3l2 3M4-5.7l2 3"/>',
    "zone": '<path d="M0-9 8-6v6q0 6-8 9-8-3-8-9v-6Z"/>',
    "camera": '<path d="M-9-5H4V5H-9ZM4-2l6-3V5L4 2"/>',
    "sump": '<path d="M-9-7h4v13h10V-7h4M-5-1q2.5-3 5 0t5 0"/>',
    "water-meter": '<path d="M0-9q8 9 5 14a6 6 0 0 1-10 0q-3-5 5-14Z"/>',
    "energy-meter": '<path d="M2-9-5 1h4l-2 9 8-11H1Z"/>',
    "generator": '<circle r="8"/><path d="M3.5-3A4.5 4.5 0 1 0 4 2H1"/>',
    "transfer-switch": '<path d="M-8-6h5M-8 6h5M8 0H3L-3-6"/>',
    "ups": '<path d="M-9-5H6V5H-9ZM6-2h3v4H6M-4-2v4M-6 0h4M1 0h3"/>',
    "room": '<path d="M-2 3V-7a2 2 0 0 1 4 0V3a4 4 0 1 1-4 0ZM0-4v8"/>',
    "lighting": '<path d="M-3 5h6M-2 8h4M-3 3q0-2-2-4a5.5 5.5 0 1 1 10 0q-2 2-2 4Z"/>',
}
_OTHER_SHAPE: Final = '<circle r="4"/>'


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the plan."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether any part of the two is the same."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def is_inside_plan(self) -> bool:
        """Whether nothing of it is cut off."""
        return self.left >= 0 and self.top >= 0 and self.right <= WIDTH and self.bottom <= HEIGHT


Labels = Mapping[str, Box]
"""By device, where its label stands. One that would lie on others has none: it is told by the
marker's tooltip and in the table."""


def place_labels(devices: Iterable[Device], language: Language) -> Labels:
    """Room for every label, next to its marker and on nothing else. Depends on names and positions
    only, so that labels stand still."""
    placed = {d.id: d for d in devices if d.position is not None}
    taken = [_marker_box(*_centre(device)) for device in placed.values()]
    labels: dict[str, Box] = {}
    for device in placed.values():
        width = _width(device.name.in_(language))
        for box in _beside(*_centre(device), width, 2 * LINE + 2):
            if box.is_inside_plan() and not any(box.overlaps(other) for other in taken):
                labels[device.id] = box
                taken.append(box)
                break
    return labels


def draw_overlay(
    devices: Iterable[Device],
    views: Mapping[str, DeviceView],
    labels: Labels,
    selected: str | None,
) -> str:
    """The markers as SVG."""
    return "".join(
        _marker(views[device.id], *_centre(device), labels.get(device.id), device.id == selected)
        for device in devices
        if device.position is not None
    )


def _marker(view: DeviceView, x: float, y: float, label: Box | None, selected: bool) -> str:
    words = [view.state] if view.label == view.state else [view.state, view.label]
    told = escape(f"{view.name}: {', '.join(words)}")
    badge = BADGES[view.mark]
    parts = [
        f'<g class="{_classes(view, selected)}">',
        f'<g transform="translate({x:.0f} {y:.0f})">',
        f'<circle class="choice" r="{RADIUS + 6}"/>' if selected else "",
        f'<circle class="ring" r="{RADIUS}"/>',
        f'<g class="kind">{_SHAPES.get(view.kind, _OTHER_SHAPE)}</g>',
        f'<circle class="badge" cx="14" cy="-13" r="10"/><text class="badge-text" x="14" y="-7.5">'
        f"{badge}</text>"
        if badge
        else "",
        "</g>",
        "" if label is None else _label(label, view),
        f'<circle id="{MARKER_ID}{escape(view.id)}" cx="{x:.0f}" cy="{y:.0f}" r="{RADIUS + 8}" '
        f'fill="transparent" pointer-events="all" cursor="pointer" role="img" '
        f'aria-label="{told}"><title>{told}</title></circle>',
        "</g>",
    ]
    return "".join(parts)


def _classes(view: DeviceView, selected: bool) -> str:
    classes = ["marker", view.mark]
    if view.priority is not None:
        classes.append(f"p{view.priority}")
    return " ".join([*classes, "selected"] if selected else classes)


def _label(box: Box, view: DeviceView) -> str:
    middle = (box.left + box.right) / 2
    fits = _width(view.label) <= box.right - box.left
    state = view.label if fits else view.short_label
    return "".join(
        f'<text class="{kind}" x="{middle:.0f}" y="{y:.0f}">{escape(words)}</text>'
        for kind, words, y in (
            ("name", view.name, box.top + LINE - 5),
            ("state", state, box.top + 2 * LINE - 4),
        )
    )


def _beside(x: float, y: float, width: float, height: float) -> Iterable[Box]:
    """Where a label may stand, the best place first: below, above, right, left, then askew."""
    gap = RADIUS + 9
    for dx, dy in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)):
        middle_x = x + dx * (gap + width / 2)
        middle_y = y + dy * (gap + height / 2)
        if dx and dy:
            middle_x, middle_y = x + dx * width / 2, y + dy * (gap + height / 2)
        yield Box(
            middle_x - width / 2,
            middle_y - height / 2,
            middle_x + width / 2,
            middle_y + height / 2,
        )


def _centre(device: Device) -> tuple[float, float]:
    """Kept far enough from the edge for the whole marker to be seen."""
    x, y = device.position or (0.5, 0.5)
    edge = RADIUS + 8
    return (
        min(max(x * WIDTH, edge), WIDTH - edge),
        min(max(y * HEIGHT, edge), HEIGHT - edge),
    )


def _marker_box(x: float, y: float) -> Box:
    reach = RADIUS + 7
    return Box(x - reach, y - reach, x + reach, y + reach)


def _width(name: str) -> float:
    ems = sum(1.0 if east_asian_width(char) in "WF" else 0.56 for char in name)
    return max(ems, _STATE_EM) * NAME_SIZE + 8
