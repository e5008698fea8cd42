"""From text to notebook: building, checking, testing, pulling, starting a chapter."""
