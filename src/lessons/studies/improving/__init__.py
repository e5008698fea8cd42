"""What makes a small network for the digits better: one change at a time."""
