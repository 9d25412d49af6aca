"""Backups: made while the gateway runs, checked before they count, restored elsewhere."""
