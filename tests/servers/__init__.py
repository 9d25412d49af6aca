"""Real servers for tests: each on free loopback ports, with its own configuration and data folder,
ended when its `with` block ends.

A server that is not installed skips the test with the Debian package's name; under CI=true it
fails the test.
"""

from tests.servers.broker import Broker, mosquitto
from tests.servers.influx import InfluxServer, influxdb
from tests.servers.libmodbus import libmodbus
from tests.servers.metrics import MetricsServer, victoria_metrics
from tests.servers.ports import HOST, accepts, free_port
from tests.servers.postgres import Cluster, postgresql, postgresql_cluster, postgresql_database
from tests.servers.programs import require
from tests.servers.server import Server

__all__ = [
    "HOST",
    "Broker",
    "Cluster",
    "InfluxServer",
    "MetricsServer",
    "Server",
    "accepts",
    "free_port",
    "influxdb",
    "libmodbus",
    "mosquitto",
    "postgresql",
    "postgresql_cluster",
    "postgresql_database",
    "require",
    "victoria_metrics",
]
