"""What a small reader of spoken digits learns, and from whom it learned it."""
