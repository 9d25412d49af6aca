"""What the gateway makes of the plant it watches: machines beside those of doors and barriers."""
