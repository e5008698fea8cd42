"""``RESULTS.md``, made from the records of the measurements beside it."""

import json
import statistics
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER / "RESULTS.md"
KINDS = ("front page", "median chapter", "heaviest chapter")
HEAD = """\
# What was measured

Made by `python -m benchmarks results` from the records in this folder; do not edit. `python -m
benchmarks NAME` repeats a measurement (`gpt_vs_nanogpt` and `site_weight` need folders, and say
which; `your_machine` writes the book's own machine anew). Machines are virtual and often shared:
where times of two things stand side by side, they were taken in turns in one run, and their ratio
is what counts. Bytes are exact. A processor speed of 1 is that of the reference in
`tools/calibration.py`.
"""


def record(name):
    """Return the record of a measurement."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def made(found):
    """Say when and where a record was made."""
    known = {"processor_speed": "processor speed {}", "load": "load {}", "cores": "{} cores",
             "browser": "{}", "torch": "torch {}", "jupyterlab": "JupyterLab {}",
             "ipywidgets": "ipywidgets {}", "matplotlib": "matplotlib {}"}
    said = [words.format(found[key]) for key, words in known.items() if key in found]
    return f"*{', '.join([found['date'], *said])}.*"


def table(head, rows):
    """Return a table of Markdown; all columns but the first are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def weight():
    """Return the part on first visits to this book and others."""
    found = record("site_weight")
    rows = []
    for kind in KINDS:
        for name, book in found["books"].items():
            row = book[kind]
            plus = "+" if row["unanswered"] else ""
            rows.append([
                f"{name}, {kind} (`{row['page']}`)", f"{row['bytes'] / 1000:,.0f}{plus}",
                row["requests"], row["other_hosts"], f"{row['words']:,}",
                *(f"{row['ms'][part]:,}" for part in ("paint", "blocking", "longest"))])
    copies = "\n".join(f"- {name}: {words}" for name, words in found["copies"].items())
    head = ["first visit", "kB sent", "requests", "other hosts", "words", "painted ms",
            "blocking ms", "longest task ms"]
    return f"""\
## A first visit

{table(head, rows)}

Compressed as a web host does, nothing cached. Milliseconds are work of the main thread, by its
own clock, on the reference processor slowed four times: until the largest piece in the window is
painted; what tasks after the first paint take beyond 50 ms in all; the longest task. Waiting for a
network is in none of them. `+`: some hosts did not answer here (fonts, counters of visits), so
more is sent than counted. The median and the heaviest chapter are those by the weight of their
HTML alone. A page of this book is a whole chapter with every state of its explorers;
the others have no explorers.

{copies}

{made(found)}
"""


def sliders():
    """Return the part on explorers and live widgets."""
    found, frames = record("sliders"), record("frames")
    rows = [[name, ms["median"], f"{ms['least']} to {ms['most']}", ms["n"]]
            for name, ms in zip(("explorer of this book", "`interact` with a live kernel"),
                                found["ms"].values(), strict=True)]
    ratios = {part: sorted(each["ratio"][part] for each in frames["explorers"].values())
              for part in ("script", "drawing")}
    cost = ", ".join(f"{part} {low[0]} to {low[-1]} (median {statistics.median(low):.2g})"
                     for part, low in ratios.items())
    return f"""\
## From the slider to the picture

{table(["the same figure", "median ms", "least to most", "changes"], rows)}

The usual way takes **{found["interact_over_explorer"]} times** as long, on one machine without a
network between browser and kernel. Figure: `{found["figure"]}`; matplotlib draws it
anew in the kernel, the explorer replays what the same functions drew when the book was built. Both
wait for the screen's next frame, so the ratio understates the difference in work.

{made(found)}

All {len(frames["explorers"])} explorers of that day, work of a change in units of a small change
of a bare page: {cost}.

{made(frames)}
"""


def training():
    """Return the part on Python in the page."""
    found, python = record("page_training"), record("python_in_page")
    drag, slices = found["slider_to_curve_ms"], found["slider_to_curve_slices"]
    rows = [
        ["pictures in a second", found["pictures_per_s"]],
        ["longest task of the main thread, ms", found["longest_task_ms"]],
        ["the same on the reference processor, ms", found["longest_task_reference_ms"]],
        ["share of the time in which the main thread works", found["main_thread_share"]],
        ["learning rate dragged, to the curve that shows it: median ms", drag["median"]],
        ["least and most of these", f"{drag['least']} to {drag['most']}"],
        ["slices of training until then, median", slices["median"]],
        ["steps in a second, page / native", " / ".join(map(str, found["steps_per_s"].values()))],
        ["page over native", found["page_over_native"]],
        ["from the click to the first step, ms", f"{found['ready_ms']:,}"],
        ["the same over a native Python that imports the same", found["ready_over_native_start"]],
    ]
    digits, gpt = (python[f"{name}_steps_per_processor_s"]["page_over_native"]
                   for name in ("digits_mlp", "tiny_gpt"))
    return f"""\
## A network trains in the page

{table([f"`{found['experiment']}`", ""], rows)}

{made(found)}

Python's files are {python["sent_mb"]["start"]} MB as sent, once, after a click. In processor
seconds and beside native Python on one thread, the digits network 64-128-10 trains at {digits} of
its steps, a tiny GPT at {gpt}.

{made(python)}
"""


def engines():
    """Return the part on the book's engine and its GPT."""
    engine, gpt = record("engine_vs_torch"), record("gpt_vs_nanogpt")
    rows = [["engine on numpy over PyTorch, MLP 64-128-10, one thread", engine["ratio"]],
            ["nanoGPT over the book's GPT, same function, one thread",
             gpt["threads_1"]["same_function"]["ratio"]],
            ["the same, each as it is", gpt["threads_1"]["as_it_is"]["ratio"]],
            ["writing without cache over with", gpt["cache"]["ratio"]]]
    return f"""\
## Engine and GPT

{table(["ratio of times", ""], rows)}

{made(engine)}
"""


MISSING = """\
## Not measured

- Real networks and real telephones: a slowed processor stands for one, and the server is local.
- Largest paint and blocking by the wall clock, as a browser reports them: that would measure what
  else the machine does.
- `interact` on Binder or in Colab, where a network lies between the slider and its kernel: slower.
- Browsers other than Chromium.
"""


#: The parts of the page, and the records that each needs.
PARTS = {weight: ["site_weight"], sliders: ["sliders", "frames"],
         training: ["page_training", "python_in_page"],
         engines: ["engine_vs_torch", "gpt_vs_nanogpt"]}


def text():
    """Return the page that the records give; what has none yet is said to be not measured."""
    missing = [name for names in PARTS.values() for name in names
               if not (FOLDER / f"{name}.json").is_file()]
    parts = [part() for part, names in PARTS.items() if not set(names) & set(missing)]
    last = MISSING + "".join(f"- `{name}`: not yet.\n" for name in missing)
    return "\n".join([HEAD, *parts, last])


def main():
    """Write the page."""
    PAGE.write_text(text(), encoding="utf-8")
    print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
