"""Field drivers: they turn what devices say into readings."""
