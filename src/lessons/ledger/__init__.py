"""Where the published figures of the book come from, and how sure they are."""
