"""Python in the reader's browser: what runs in the page's worker, and the two scripts around it."""
