"""One small model by torch's own layouts, and a run that is killed and started again."""
