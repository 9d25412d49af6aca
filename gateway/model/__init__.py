"""The types everything speaks in. Standard library only; imports nothing of ours."""
