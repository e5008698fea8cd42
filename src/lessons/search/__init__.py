"""Settings are searched: grid, random, Bayesian, halving; and what a reused score is worth."""
