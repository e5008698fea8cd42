"""Repeat every measurement: ``python -m benchmarks``, or with the path to a copy of nanoGPT."""

import sys

from benchmarks import engine_vs_torch, frames, gpt_vs_nanogpt, your_machine

engine_vs_torch.main()
your_machine.main()
frames.main()
gpt_vs_nanogpt.main(*sys.argv[1:2])
