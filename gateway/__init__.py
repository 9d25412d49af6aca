"""The gateway process: journal, alarms, duty desk, history, API."""
