"""What readers take with them: the book as one PDF, and the site as a zip that needs no server."""
