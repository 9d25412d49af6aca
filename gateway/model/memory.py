"""What a driver knows again after a restart."""

from typing import Protocol


class Memory(Protocol):
    """What one driver has found out about its devices. To lose it costs time, and nothing else."""

    @property
    def found(self) -> object | None:
        """What was kept last, as JSON's values; None: nothing yet."""

    def keep(self, found: object) -> None:
        """In place of what was kept before; it is written soon."""
