"""The HTTP API: one thin router per resource. No rules of its own."""
