"""What the page on tools looks into: chapter 10's step, and changes that make it faster."""
