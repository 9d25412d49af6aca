"""Grafana dashboards as code. `python -m dashboards.grafana` writes the JSON files beside this one
that Grafana is pointed at; nothing here is imported while the gateway runs."""
