"""An extract of a real census: fairness metrics that conflict."""
