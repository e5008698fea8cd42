"""After pre-training: answers, preferences, rewards that a program checks, many tries."""
