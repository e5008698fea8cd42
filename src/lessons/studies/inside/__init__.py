"""What is inside a digit reader and a small GPT, each with its placebos."""
