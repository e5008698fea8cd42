"""Networks that train before the reader's eyes, in a page and in a notebook, on our own engine."""
