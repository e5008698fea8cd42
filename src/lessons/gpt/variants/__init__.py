"""What changed since GPT-2: the parts of a GPT that models of today build otherwise."""
