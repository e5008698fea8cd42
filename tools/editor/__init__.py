"""The editor of code cells in a page: CodeMirror, from pinned files, served by the book itself."""
