"""Decisions without an answer key: bandits, tables of values, policy gradients, flawed rewards."""
