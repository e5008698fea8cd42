"""Train a tiny GPT in the page: its loss and what it writes; first as it was recorded."""
