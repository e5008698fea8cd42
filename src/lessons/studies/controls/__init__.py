"""Controls for claims of other studies: small runs that could have refuted them."""
