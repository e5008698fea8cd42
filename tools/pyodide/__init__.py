"""Python for the pages: the files of Pyodide, pinned, fetched, checked and put into the site.

`sources` says where the files come from, `wheel` packs `lessons` for the page, `assemble` keeps
the files in a cache and writes the folder ``_static/python`` of the site. ``pins.json`` holds the
names and SHA-256 sums, and the part of Pyodide's own lock file that the book needs.
"""
