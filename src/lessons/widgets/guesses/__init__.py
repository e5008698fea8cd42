"""Guesses: a question before a result is seen, and the comparison after."""
