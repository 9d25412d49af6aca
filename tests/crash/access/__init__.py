"""Doors, barriers and fires in a crash run: what is said, ordered and asked for in each round, and
what must be so at the end."""
