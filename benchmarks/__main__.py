"""Repeat every measurement: ``python -m benchmarks``, or with the path to a copy of nanoGPT."""

import sys

from benchmarks import engine_vs_torch, frames, gpt_vs_nanogpt, python_in_page, your_machine

engine_vs_torch.main()
your_machine.main()
frames.main()
python_in_page.main()
gpt_vs_nanogpt.main(*sys.argv[1:2])
