"""Checks: whether a reader's answer to an exercise is right, and hints."""
