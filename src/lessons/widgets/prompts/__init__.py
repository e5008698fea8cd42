"""Type a text: its tokens, what comes next, where each head looks; first for a recorded text."""
