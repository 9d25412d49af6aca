"""What apprise loads once: all its plugins, in half a second."""

import apprise
import pytest


@pytest.fixture(scope="session", autouse=True)
def plugins_loaded() -> None:
    """So that no test's event loop is blamed for it; the gateway does it before it runs."""
    apprise.Apprise.instantiate("json://localhost")
