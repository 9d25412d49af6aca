"""The site file and the files it names: which of them go into a backup, and what stays out.

Private keys and what comes from the environment stay out: secrets that lie apart from the site file
shall not lie in every copy of every backup.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.backup.manifest import OUTSIDE_FOLDER, SITE_FOLDER
from gateway.errors import BadConfig
from gateway.site.connection_model import MqttBroker
from gateway.site.document import read
from gateway.site.environment import variables
from gateway.site.model import Site


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """`saved`: the path in the backup and the content of each; `left_out`: private keys, as the
    site file names them; `environment`: variables it asks for."""

    saved: Sequence[tuple[str, bytes]]
    left_out: Sequence[str]
    environment: Sequence[str]


def site_files(site: Site, path: Path) -> SiteFiles:
    """BadConfig when one of them cannot be read."""
    folder = Path(os.path.abspath(path.parent))  # noqa: PTH100 -- links stay as they are written
    saved = {SITE_FOLDER + path.name: _content(path)}
    left_out = []
    for file, is_secret in _named(site):
        if is_secret:
            left_out.append(str(_beside(folder, file)))
        else:
            saved[_place(folder, file)] = _content(file)
    asked = variables(read(path, []))
    return SiteFiles(tuple(saved.items()), tuple(left_out), tuple(sorted(asked)))


def data_folder(site: Site, path: Path) -> str:
    """Where the stores lie: from the site file's folder on, or absolute where it is elsewhere."""
    folder = Path(os.path.abspath(path.parent))  # noqa: PTH100
    return str(_beside(folder, site.data))


def _named(site: Site) -> Iterator[tuple[Path, bool]]:
    for connection in site.connections:
        tls = connection.tls if isinstance(connection, MqttBroker) else None
        if tls is not None:
            yield from ((file, False) for file in (tls.ca, tls.certificate) if file is not None)
            if tls.key is not None:
                yield tls.key, True


def _beside(folder: Path, file: Path) -> Path:
    absolute = Path(os.path.abspath(file))  # noqa: PTH100
    return absolute.relative_to(folder) if absolute.is_relative_to(folder) else absolute


def _place(folder: Path, file: Path) -> str:
    beside = _beside(folder, file)
    if beside.is_absolute():
        return OUTSIDE_FOLDER + beside.as_posix().lstrip("/")
    return SITE_FOLDER + beside.as_posix()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        remedy = "give the backup's user the right, or mend the site file"
        raise BadConfig(str(path), f"cannot be read ({error.strerror})", remedy) from error
