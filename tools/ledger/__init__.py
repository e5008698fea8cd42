"""The ledger of published figures, held to the pages: ``python -m tools.ledger``.

A *figure* is a number in digits in the prose of a page, in a sentence with a citation. Numbers in
code, formulas and the targets of roles are none, nor are years, digits that belong to a word
(GPT-3, H100, 124M) and those of a name (Llama 3). Each figure is covered by the words of a row of
the ledger, or by an exception with its reason; the words of a row stand in a paragraph that cites
its source. A column of figures in a table has a row too, and so have the numbers in
`lessons.planning.published` and the sourced ones in `lessons.planning.assumptions`.
"""
