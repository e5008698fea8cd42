"""Searching for settings: grid, random, Bayesian, successive halving; and what a reused score is worth."""
