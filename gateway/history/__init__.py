"""History: what every point said over months, for trends and reports. Follows the journal."""
