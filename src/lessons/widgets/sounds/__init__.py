"""Sounds that a page plays: the browser's own player, and the picture of the sound above it."""
