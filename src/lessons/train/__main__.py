"""The command ``python -m lessons.train``."""

import sys

from lessons.train.run import main

sys.exit(main())
