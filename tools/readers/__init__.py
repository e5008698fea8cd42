"""Copies of the notebooks for people: for JupyterLab here, for Colab and for downloads.

The notebooks in ``book/`` are for the website, which knows the roles of MyST. `plain` turns these
into plain Markdown, `copies` makes a copy of a notebook, `lab` keeps those that `make lab` opens
and takes edits back from them, and `run` runs copies where the book was not built.
"""
