"""The command ``python -m lessons.train``."""

import sys

from lessons.train import terminal

if __name__ == "__main__":
    # Loading torch takes seconds, and Ctrl-C meanwhile is no reason for a traceback.
    terminal.leave_on_ctrl_c("lessons.train: interrupted before it began")
    from lessons.train.command import main

    sys.exit(main())
