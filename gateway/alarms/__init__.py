"""From readings to alarms: pure decisions, and one loop that follows the journal."""
