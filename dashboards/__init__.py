"""Operator pages. They hold no rules: they call what the API calls."""
