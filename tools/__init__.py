"""The book's tools: environment, notebooks, site and the checks that `make test` runs."""
