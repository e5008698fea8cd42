"""One model on many processes: collectives and layouts from scratch, on real processes."""
