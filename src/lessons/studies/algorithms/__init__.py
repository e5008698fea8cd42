"""What changed in training since GPT-2, each change measured on the same small GPT."""
