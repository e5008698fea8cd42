"""The GPT of chapter 10 in a small file, for a page that has numpy and no PyTorch."""
