"""The book's tools: environment, notebooks, site and the checks that `make test` runs."""

import sys

# What reads notebooks tries to import this one, and works without: it builds 38 grammars for kinds
# of addresses that no notebook holds, which takes longer than all other imports together.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
