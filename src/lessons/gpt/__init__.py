"""A small GPT in PyTorch: the model, how it writes, and its tokenizer."""
