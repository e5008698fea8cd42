"""A model made smaller: short numbers, zeros, a student, a few new numbers, guesses checked."""
