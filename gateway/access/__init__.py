"""Doors, barriers and zones: what their readings mean together, and what is asked of them."""
