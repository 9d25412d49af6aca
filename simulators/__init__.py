"""Simulated devices: behaviour apart from wire, time injected."""
