"""Sparkplug B: its payload, and one edge node's session."""
