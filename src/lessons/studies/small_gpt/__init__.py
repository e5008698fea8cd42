"""The GPT of chapter 10: the record of its training."""
