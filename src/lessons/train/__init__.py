"""One real run that can be stopped and resumed: ``python -m lessons.train``."""
