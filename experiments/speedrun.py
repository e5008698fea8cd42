"""Find for each idea of the speedrun how few steps reach the target, and record three seeds.

python -m experiments.speedrun --jobs 12
"""

import sys
from dataclasses import asdict, replace
from pathlib import Path

from experiments.keep import kept_all
from lessons.train import speedrun
from lessons.train.speedrun import TARGET, Entry

PARTS = Path("_build/speedrun")
N_TRIES, MARGIN, SEEDS = 4, 0.002, (1, 2)

_DRY = replace(Entry(), name="no dropout", dropout=0.0, n_steps=700)
_TURN = replace(_DRY, name="rotary", rotary=True, n_steps=520)
_ROOT = replace(_TURN, name="squared ReLU", squared=True, n_steps=460)


def ladder(lr, batch, down):
    """Return what Muon makes of it, with one rate, size of batch and schedule."""
    name = f"Muon {lr:g}, {batch} sequences, {'down' if down else 'cosine'}"
    return replace(
        _ROOT,
        name=name,
        muon=True,
        lr=lr,
        batch_size=batch,
        down=down,
        n_steps=round(260 * (16 / batch) ** 0.6),
    )


ENTRIES = {
    e.name: e
    for e in (
        ladder(0.006, 8, 0.4),
        ladder(0.012, 8, 0.4),
        ladder(0.006, 16, 0.4),
        ladder(0.012, 16, 0.4),
        ladder(0.006, 16, 0.0),
        ladder(0.012, 16, 0.0),
        ladder(0.006, 4, 0.4),
        ladder(0.012, 4, 0.4),
        _ROOT,
        _TURN,
        _DRY,
    )
}


def once(entry):
    """Return what one run gave, as JSON can hold it."""
    result = speedrun.run(entry)
    return {
        "n_steps": entry.n_steps,
        "seed": entry.seed,
        "bits_per_byte": round(result.bits_per_byte, 4),
        "processor_s": round(result.processor_s, 1),
        "reference_s": round(result.reference_s, 1),
        "n_bytes": result.n_bytes,
    }


def climb(name):
    """Look for the fewest steps with seed 0, then run two more seeds with them."""
    entry, tried = ENTRIES[name], []
    for _ in range(N_TRIES):
        tried.append(once(entry))
        gap = tried[-1]["bits_per_byte"] - (TARGET - MARGIN)
        factor = min(max(1 + 4 * gap, 0.7), 1.5)
        n_steps = 10 * round(entry.n_steps * factor / 10)
        if n_steps in [row["n_steps"] for row in tried]:
            break
        entry = replace(entry, n_steps=n_steps)
    passed = [row for row in tried if row["bits_per_byte"] <= TARGET]
    best = min(passed or tried, key=lambda row: row["n_steps"] if passed else row["bits_per_byte"])
    entry = replace(ENTRIES[name], n_steps=best["n_steps"])
    runs = [best, *(once(replace(entry, seed=seed)) for seed in SEEDS)]
    return {"entry": asdict(entry), "tried": tried, "runs": runs}


def everything(jobs=1):
    """Run all; return the rows, and their processor seconds."""
    done = kept_all(
        PARTS, [Path(speedrun.__file__)], repr(ENTRIES), climb, [(name,) for name in ENTRIES], jobs
    )
    return {"rows": {name: row for (name,), (row, _) in done.items()}}, sum(
        took for _, took in done.values()
    )


if __name__ == "__main__":
    rows, seconds = everything(
        int(sys.argv[sys.argv.index("--jobs") + 1]) if "--jobs" in sys.argv else 1
    )
    for name, row in rows["rows"].items():
        print(
            name,
            row["entry"]["n_steps"],
            [(r["bits_per_byte"], r["reference_s"]) for r in row["runs"]],
            row["tried"],
        )
