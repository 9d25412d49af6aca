"""Programs that Debian packages."""

import os
import shutil

import pytest


def require(program: str, package: str) -> str:
    """The program's path. When it is missing: skipped, or failed under CI=true."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin")
    return found or _missing(program, package)


def _missing(program: str, package: str) -> str:
    reason = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
