"""The durable journal: every reading in order of arrival. Everything else follows it."""
