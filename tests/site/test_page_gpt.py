"""The small GPT in a page: a text typed, a tiny one trained; numbers are Python's and PyTorch's.

All tests share one bare page with both widgets, and one Python, under the rules of a strict host.
"""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from lessons.data import texts
from lessons.gpt import choosing
from lessons.gpt.on_numpy import softmax
from lessons.live import tiny
from lessons.studies.page_gpt import weights
from lessons.studies.page_live.shown import record
from lessons.train.tiny import TinyRun
from lessons.widgets.prompts import html as prompts
from lessons.widgets.prompts.ask import prompt
from lessons.widgets.prompts.numbers import attention_of, logits_of, visible
from lessons.widgets.registry import REGISTRY
from lessons.widgets.trainings import html as trainings
from lessons.widgets.trainings.show import training
from tests.site.conftest import SIZES, Watch, watched
from tests.site.test_python import Host
from tools.pyodide.assemble import assemble

WIDGETS = [widget for widget in REGISTRY if widget.folder in ("prompts", "trainings")]
TEXT = 'The import statement 🙂 naïve <b>x</b>'
MODEL, TOKENIZER = weights.load()


def page_html():
    """Return a page with both widgets and nothing else."""
    shown = record()
    first = prompts.to_html(prompt(shown["prompt"], name="your-text", title="Type").payload)
    second = trainings.to_html(training(shown["tiny"], mean_of=shown["mean_of"], name="train-here",
                                        title="Train").payload)
    head = "".join(
        f'<script defer src="_static/{file.name}"></script>' if file.suffix == ".js" else
        f'<link rel="stylesheet" href="_static/{file.name}">'
        for file in dict.fromkeys(file for widget in WIDGETS for file in widget.assets))
    return (f'<!doctype html><html lang="en" data-scripts><meta charset="utf-8"><title>GPT</title>'
            f'<link rel="icon" href="data:,">{head}<body>{first}{second}</body></html>')


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpt")
    if line := assemble(folder):
        pytest.fail(line, pytrace=False)
    (folder / "page.html").write_text(page_html(), encoding="utf-8")
    for widget in WIDGETS:
        for file in (*widget.assets, *widget.later):
            shutil.copy(file, folder / "_static")
    started = Host(folder)
    yield started
    started.shutdown()
    started.server_close()


@pytest.fixture(scope="module")
def opened(host, browser):
    context = browser.new_context(viewport=SIZES[1280])
    page, watch = watched(context, host)
    page.goto(f"{host.served}/page.html")
    yield page, watch
    context.close()


@pytest.fixture
def page(opened):
    yield opened[0]
    assert opened[1] == Watch()


def said(page, part):
    return page.inner_text(part)


def wait(page, part, pattern):
    """Wait until the text of a part of the page has a pattern; return it."""
    page.wait_for_function("([part, pattern]) => new RegExp(pattern).test("
                           "document.querySelector(part).textContent)", arg=[part, pattern])
    return said(page, part)


def settle(page, **values):
    """Move sliders of the text, and return what is then printed beside the bars."""
    for key, value in values.items():
        page.fill(f'.prompt [data-key="{key}"]', str(value))
    return page.locator(".prompt-bars span").all_inner_texts()


def percents(p):
    return [f"{100 * x:.1f}\u202f%" for x in p]


def read(page, text):
    """Type a text, and wait until it is read."""
    page.fill(".prompt textarea", text)
    idle(page)


def idle(page):
    page.wait_for_function(
        "() => document.querySelector('.prompt-tokens').ariaBusy === 'false'")


def test_nothing_but_small_scripts_is_loaded_before_the_reader_touches_it(page, host):
    small = {file.name for widget in WIDGETS for file in widget.assets}
    assert {name for name, _ in host.answers} == {"page.html", *small}
    shown = record()["prompt"]
    assert page.locator(".prompt-token").all_inner_texts() == [visible(t) for _, t in
                                                               shown["tokens"]]
    p = softmax(logits_of(shown))
    assert settle(page) == percents(p[i] for i, _ in shown["top"])
    held = record()["tiny"][0]["held"][-1][1]
    assert f"After 1,000 steps: {held:.2f} bits per character" in said(page, ".training-said")


def test_sliders_move_the_recorded_bars_at_once_and_as_python_says(page, host):
    page.hover(".prompt textarea")
    page.wait_for_selector(".prompt[data-awake]")
    shown, least = record()["prompt"], page.get_attribute('.prompt [data-key="top_p"]', "min")
    for positions, how in [({"temperature": 10}, {"temperature": 0.5}),
                           ({"top_k": 3}, {"temperature": 0.5, "top_k": 5}),
                           ({"top_p": 11}, {"temperature": 0.5, "top_k": 5, "top_p": 0.55}),
                           ({"top_k": 8, "temperature": 30}, {"temperature": 1.5, "top_p": 0.55}),
                           ({"temperature": 0}, {"temperature": 0}),
                           ({"temperature": 20, "top_p": least}, {"top_p": 0.05})]:
        p = choosing.probabilities(logits_of(shown)[None], **how)[0]
        assert settle(page, **positions) == percents(p[i] for i, _ in shown["top"]), how
        assert f"{np.count_nonzero(p):,} of 1,024 tokens can be drawn" in said(page, ".prompt-said")
    assert settle(page, temperature=20, top_p=20) == percents(
        softmax(logits_of(shown))[i] for i, _ in shown["top"])
    assert not any("python" in name or name == "live.js" for name, _ in host.answers)


def test_a_token_shows_where_a_head_looks(page):
    attention = attention_of(record()["prompt"])
    page.locator('.prompt-heads input[value="2,1"]').check()
    page.locator(".prompt-token").nth(4).hover()
    best = int(attention[2, 1, 4].argmax())
    name = "itself" if best == 4 else f"“{visible(record()['prompt']['tokens'][best][1])}”"
    assert said(page, ".prompt-look").startswith(
        "Block 3, head 2: token 5, “␣does”, looks at "
        f"{name} with {100 * attention[2, 1, 4, best]:.0f}\u202f%")
    page.locator(".prompt-token").nth(4).focus()
    page.keyboard.press("ArrowLeft")
    assert "token 4, “␣object”" in said(page, ".prompt-look")
    assert page.evaluate("document.activeElement.textContent") == "␣object"


def test_a_typed_text_has_the_numbers_of_python_and_of_pytorch(page):
    import torch  # here: it takes seconds in each process that collects tests

    from lessons.gpt import model as torch_gpt

    page.click('.prompt [data-do="start"]')
    page.wait_for_selector('.prompt [data-do="write"]:enabled')
    read(page, TEXT)
    ids = TOKENIZER.encode(TEXT)
    logits = MODEL([ids])[0, -1].astype(np.float64)
    order = np.argsort(-logits, kind="stable")[:10]
    printed = page.locator(".prompt-bars span").all_inner_texts()
    assert printed == percents(softmax(logits)[order])
    config = torch_gpt.Config(MODEL.vocab_size, MODEL.n_positions, MODEL.n_layers, MODEL.n_heads,
                              MODEL.weights["norm.weight"].size)
    net = torch_gpt.GPT(config).eval()
    net.load_state_dict({name: torch.tensor(w) for name, w in MODEL.weights.items()})
    with torch.no_grad():
        theirs = net(torch.tensor([ids]))[0, -1].double().softmax(0).numpy()
    assert printed == percents(theirs[order])
    chips = page.locator(".prompt-token").all_inner_texts()
    assert len(chips) == len(ids) and chips[:4] == ["The", "␣imp", "ort", "␣statement"]
    assert chips[5:9] == ["<F0>", "<9F>", "<99>", "<82>"] and "<b>" not in "".join(chips[:4])
    assert page.locator(".prompt b").count() == 0
    assert "6 are parts of characters" in said(page, ".prompt-status")


def test_it_writes_on_as_python_does_and_says_so_again(page):
    read(page, "If the object")
    ids = TOKENIZER.encode("If the object")
    settle(page, temperature=16, top_k=6)
    how = {"temperature": 0.8, "top_k": 50}
    page.fill(".prompt-seed", "7")
    idle(page)
    page.click('.prompt [data-do="write"]')
    page.wait_for_function("() => document.querySelectorAll('.prompt-token').length >= 12")
    page.click('.prompt [data-do="write"]')
    wait(page, ".prompt-status", "tokens written")
    chips = page.locator(".prompt-token").all_inner_texts()
    new = list(choosing.write(MODEL, ids, len(chips) - len(ids), np.random.default_rng(7), **how))
    assert chips == [visible(TOKENIZER.decode([i])) for i in ids + new]
    page.click('.prompt [data-do="back"]')
    page.wait_for_function("() => document.querySelectorAll('.prompt-token').length === 4")
    settle(page, temperature=20, top_k=8)


@pytest.mark.parametrize("case", [
    ("", "Type one character at least"),
    ("the object " * 20_000,
     "Only the last 20,000 characters were read. The model sees the last 128"),
    ("\ud83d half a sign", "tokens"),
    ("语言模型", "are parts of characters that it hardly ever saw"),
    ("</script><img src=x onerror=alert(1)>", "tokens"),
], ids=["empty", "long", "half", "Chinese", "markup"])
def test_whatever_is_typed_gets_one_clear_message_and_the_page_goes_on(page, case):
    text, status = case  # strings of their own would be taken for names of pages
    page.evaluate("""(text) => { const field = document.querySelector(".prompt textarea");
        field.value = text; field.dispatchEvent(new Event("input", { bubbles: true })); }""",
                  text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                  if "\ud83d" in text else text)
    idle(page)
    assert status in said(page, ".prompt-status") and page.locator(".prompt img").count() == 0
    assert page.locator(".prompt-token").count() <= 129
    read(page, "import")


def begin(page, source="names"):
    page.hover(".training-said")
    page.wait_for_selector(".training[data-awake]")
    page.locator(f'.training-choices input[value="{source}"]').check()


def test_a_tiny_gpt_trains_as_python_does_and_the_rate_is_felt_at_once(page):
    begin(page)
    assert said(page, ".training-value") == str(record()["tiny"][0]["lr"])
    page.click('.training [data-do="start"]')
    wait(page, ".training-count", "Step (6|7|8|9)[0-9],")
    page.fill(".training-slider input", "50")
    assert page.locator(".training-rate").all_text_contents() == ["lr 0.1"], "marked at once"
    wait(page, ".training-count", "Step 1[0-9][0-9],")
    page.click('.training [data-do="start"]')
    page.wait_for_function("() => document.querySelector('.training [data-do=start]').textContent"
                           " === 'Go on'")
    run = TinyRun(texts.function_names(), **tiny.SIZE, lr=0.01)
    for _ in range(50):
        run.step()
    held = run.held_out() * run.held_bytes / len(run.held)
    bars = page.evaluate("""() => [...document.querySelectorAll(".training-dot")].map(
        (dot) => Number(dot.getAttribute("cy")))""")
    first = record()["tiny"][0]
    high = max(first["alphabet"], first["held"][0][1])
    low = int(first["held"][-1][1] - 0.3)
    drawn = [high - (cy - trainings.TOP) * (high - low) / (trainings.BOTTOM - trainings.TOP)
             for cy in bars]
    assert drawn[0] == pytest.approx(first["held"][0][1], abs=0.01)
    assert drawn[1] == pytest.approx(held, abs=0.05) and drawn[1] < drawn[0] - 0.8
    assert page.locator(".training-samples li").count() >= 2
    assert re.search("counting pairs of neighbours", said(page, ".training-said"))


def test_reset_keeps_the_last_run_as_a_pale_curve(page):
    page.click('.training [data-do="reset"]')
    assert page.locator(".training-was").count() == 4, "the recorded run and the last one"
    assert page.locator(".training-loss").count() == 0
    assert said(page, '.training [data-do="start"]') == "Train"


@pytest.mark.parametrize("case", [
    ("", "Paste more: 400 characters at least"),
    (" \n" * 5000, "Paste more: 400 characters at least"),
    ("a" * 500, "Of this text too little would be left to learn from"),
    ("<b>markup</b> & so " * 12_000, "Only the first 200,000 characters are kept."),
], ids=["empty", "white", "short", "megabyte"])
def test_whatever_is_pasted_gets_one_clear_message(page, case):
    text, status = case
    begin(page, "own")
    page.evaluate("""(text) => { const field = document.querySelector(".training textarea");
        field.value = text; field.dispatchEvent(new Event("input", { bubbles: true })); }""", text)
    if "Only" in status:
        assert status in said(page, ".training-status")
        assert page.input_value(".training textarea") == text[:200_000]
    page.click('.training [data-do="start"]')
    if "Only" not in status:
        assert status in wait(page, ".training-status", status[:16])
    else:
        wait(page, ".training-count", "Step [1-9]")
        assert page.locator(".training-samples b").count() == 0
        page.click('.training [data-do="start"]')
    begin(page, "names")


def test_when_python_ends_both_say_what_is_lost_and_begin_again(page):
    begin(page, "manual")
    page.click('.training [data-do="start"]')
    wait(page, ".training-count", "Step [1-9]")
    page.evaluate("lessonsPython.kernel().stop()")
    assert "the weights of this run with it" in wait(page, ".training-status", "Python was ended")
    assert "Your text stands here still" in wait(page, ".prompt-status", "Python was ended")
    page.click('.training [data-do="start"]')
    wait(page, ".training-count", "Step [1-9]")
    page.click('.training [data-do="start"]')
    page.click('.prompt [data-do="start"]')
    page.wait_for_selector('.prompt [data-do="write"]:enabled')
    read(page, "import")


def test_the_buttons_say_what_is_loaded(page):
    with_weights, alone = (page.evaluate("(more) => lessonsPython.megabytes(...more)", more)
                           for more in (["studies/page_gpt/weights.npz"], []))
    assert abs(with_weights - prompts.MEGABYTES) <= 1 and abs(alone - trainings.MEGABYTES) < 1


def test_a_page_from_a_file_says_what_to_do_instead(host, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((Path(host.RequestHandlerClass.keywords["directory"]) / "page.html").as_uri())
    page.click('.prompt [data-do="start"]')
    wait(page, ".prompt-status", "cannot start in a page that was opened as a file")
    page.click('.training [data-do="start"]')
    wait(page, ".training-status", "cannot start in a page that was opened as a file")
    context.close()
