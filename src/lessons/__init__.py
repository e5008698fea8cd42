"""The helper package of the textbook: small modules, named by subject.

Import what you need from its own module, for example ``from lessons.engine.optim import Adam``.
"""

__version__ = "0.1.0"
