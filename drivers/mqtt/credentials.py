"""As whom the gateway signs in to a broker."""

from gateway.errors import BadConfig
from gateway.site.connection_model import MqttBroker


def password(broker: MqttBroker) -> str | None:
    """Out of its file where it has one: a password that is changed there needs no restart. Raises
    BadConfig. Reads a file."""
    file = broker.password_file
    if file is None:
        return broker.password
    try:
        said = file.read_text().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot be read ({getattr(error, 'strerror', 'not UTF-8')})"
        raise BadConfig(str(file), problem, _remedy(broker)) from error
    if not said or "\n" in said:
        raise BadConfig(str(file), "does not hold a password alone, in one line", _remedy(broker))
    return said


def _remedy(broker: MqttBroker) -> str:
    return f"give another in connections.{broker.id}.password_file, or put that file right"
