"""The duty desk: alarms become tickets, and people work them off."""
