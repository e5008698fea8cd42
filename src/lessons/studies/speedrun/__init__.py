"""The speedrun: chapter 10's score in as few processor seconds as possible."""
