"""A small GPT that has read sums, and what comes after: every answer can be checked."""
