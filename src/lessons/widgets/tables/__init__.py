"""Long tables with a search: Python, script and style."""
