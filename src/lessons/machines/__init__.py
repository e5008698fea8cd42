"""Facts about hardware and numbers: rates, the reader's machine, number formats."""
