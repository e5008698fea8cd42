"""The speedrun: what an entry may be, what is refused, how it is timed and ranked."""

import math
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from experiments import speedrun as experiment
from lessons.gpt import model as gpt
from lessons.gpt.variants import assembled, attention
from lessons.studies.small_gpt import runs as small_gpt
from lessons.studies.speedrun import (
    __main__ as command,
    dropped,
    entry,
    ladder,
    own,
    table,
    timed,
)
from lessons.studies.speedrun.results import Result, target
from lessons.studies.trial import Recipe

TINY = gpt.Config(1024, 128, n_layers=1, n_heads=1, d_model=8)


@pytest.fixture(autouse=True)
def few_turns(monkeypatch):
    """Do two steps of chapter 10's model in a run and no more: they take longer than the rest."""
    monkeypatch.setattr(timed, "N_TURNS", 2)


def tiny():
    return gpt.GPT(TINY)


def an_entry(build=tiny, n_steps=2, **more):
    return entry.Entry("mine", "tiny", n_steps, Recipe(build=build, batch_size=2, **more))


def result(seed=0, bits=1.8, seconds=50.0, step=0.25, n_steps=200):
    return Result("mine", seed, n_steps, bits, 1.6, seconds, step)


def test_the_score_is_the_best_of_chapter_10s_run():
    assert target() == min(row[3] for row in small_gpt.record()["curves"])


def test_the_first_row_is_chapter_10s_run(monkeypatch):
    """After 25 steps the score is what chapter 10's record holds for step 25.

    The clock counts updates: a machine that does other work measures something else now and then.
    """
    n_updates, update = [0.0], timed.update

    def counted(*args):
        update(*args)
        n_updates[0] += 1

    monkeypatch.setattr(timed, "update", counted)
    monkeypatch.setattr(timed, "time", SimpleNamespace(process_time=lambda: n_updates[0]))
    recipe = replace(ladder.BASE, schedule=lambda done: ladder.as_chapter_10(done * 25 / 1000))
    run = timed.run(entry.Entry("chapter 10", "its first 25 steps", 25, recipe))
    step, _, _, bits = small_gpt.record()["curves"][1]
    assert step == 25 and run.bits == pytest.approx(bits, abs=0.003)
    assert (run.processor_s, run.step_s) == (25, 1)  # the same steps, timed in turns
    assert run.times_faster == 1000 / 25


def test_a_run_is_the_same_for_a_seed_and_another_for_another_one():
    bits = [timed.run(an_entry(), seed).bits for seed in (3, 3, 4)]
    assert bits[0] == bits[1] != bits[2]


@pytest.mark.parametrize("n_steps", [0, -5, 2.0, True, "many"])
def test_an_entry_has_a_step_at_least(n_steps):
    with pytest.raises(ValueError, match="n_steps is a whole number from 1 on"):
        an_entry(n_steps=n_steps)


def test_an_entry_has_a_name_and_a_recipe():
    with pytest.raises(ValueError, match="needs a name"):
        entry.Entry(" ", "", 10, Recipe())
    with pytest.raises(ValueError, match="recipe is a lessons"):
        entry.Entry("mine", "", 10, {"lr": 0.1})


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = tiny()


class Peeking(Wrapped):
    def forward(self, tokens):
        return self.inner(tokens).roll(-1, dims=1)


class Gossiping(Wrapped):
    def forward(self, tokens):
        logits = self.inner(tokens)
        return logits + logits.mean(dim=0)


class Narrow(Wrapped):
    def forward(self, tokens):
        return self.inner(tokens)[..., :1000]


class Remembering(Wrapped):
    """It has counted the pairs of the held-out text, and adds what it knows."""

    def __init__(self):
        super().__init__()
        counts = torch.full((1024, 1024), 0.1)
        for inputs, targets in timed.tokens().valid:
            places = (inputs.flatten(), targets.flatten())
            counts.index_put_(places, torch.ones(inputs.numel()), accumulate=True)
        self.register_buffer("known", (counts / counts.sum(1, keepdim=True)).log())

    def forward(self, tokens):
        return self.inner(tokens) * 0.01 + self.known[tokens]


@pytest.mark.parametrize("build, said", [
    (Peeking, "tokens that come later"),
    (Gossiping, "change with the other rows of its batch"),
    (Narrow, r"logits have the shape \(B, T, 1024\)"),
    (Remembering, "has seen the held-out text"),
])
def test_a_model_that_could_know_is_refused(build, said):
    with pytest.raises(ValueError, match=said):
        timed.run(an_entry(build, n_steps=1))


class LaterPeeking(Peeking):
    """Looks ahead only once it is trained."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, tokens):
        logits = self.inner(tokens)
        return logits + self.gate * 1e3 * logits.roll(-1, dims=1)


def test_what_begins_at_zero_is_seen_after_training():
    with pytest.raises(ValueError, match="tokens that come later"):
        timed.run(an_entry(LaterPeeking, n_steps=3, lr=0.1))


def test_a_run_that_diverges_has_no_score():
    lost = lambda *batch: gpt.loss(*batch) * math.nan  # noqa: E731
    run = timed.run(an_entry(objective=lost))
    assert run.bits == math.inf and not run.reaches
    assert any("seed 0 ends at inf" in line for line in table.faults([run]))


def test_the_score_is_reached_to_a_thousandth_of_a_bit():
    best = target()
    assert result(bits=best).reaches and result(bits=best - 0.2).reaches
    assert not result(bits=best + 0.001).reaches


def test_a_record_needs_the_score_on_three_seeds():
    good = [result(seed) for seed in range(3)]
    assert table.faults(good) == []
    assert "2 seeds were run: 3 or more" in table.faults(good[:2])[0]
    assert "1 seed was run" in table.faults([good[0]] * 3)[0]  # the same seed three times
    assert table.faults([*good[:2], result(2, bits=1.9)]) == [
        f"seed 2 ends at 1.900 bits per byte, the score is {target():.3f}"]
    row = table.Row("mine", "", tuple(good[:2]))
    with pytest.raises(ValueError, match="mine is not ranked: 2 seeds"):
        table.ranked(row, [])


def a_row(name, times):
    return table.Row(name, "", tuple(result(s, seconds=250.0 / times) for s in range(3)))


def test_rows_are_ranked_by_the_ratio_and_not_by_seconds():
    others = [a_row("slow", 2.0), a_row("fast", 8.0)]
    mine = table.Row("mine", "", tuple(result(s, seconds=100.0, step=0.5) for s in range(3)))
    assert mine.times_faster == pytest.approx(5.0)  # on a machine that is half as fast
    assert [row.name for row in table.ranked(mine, others)] == ["slow", "mine", "fast"]
    text = table.lines(table.ranked(mine, others))
    assert len(text) == 4 and text[2].startswith("mine ") and "5.0" in text[2]


def a_file(folder, text):
    path = folder / "mine.py"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = """
from dataclasses import replace
from lessons.studies.speedrun import ladder
entry = replace(ladder.entry("Muon", 0.01, 300), name="mine")
"""


def test_an_entry_is_read_from_a_file(tmp_path):
    found = entry.from_file(a_file(tmp_path, GOOD))
    assert found.name == "mine" and found.n_steps == 300 and found.recipe.lr == 0.01


@pytest.mark.parametrize("text, said", [
    ("entry = 3", "has no entry"),
    ("x = 1", "has no entry"),
    ("1 / 0", "fails: ZeroDivisionError"),
    ("entry = (", "fails: SyntaxError"),
])
def test_a_file_without_an_entry_is_refused(tmp_path, text, said):
    with pytest.raises(ValueError, match=said):
        entry.from_file(a_file(tmp_path, text))


def test_a_missing_file_ends_with_one_line(tmp_path, capsys):
    assert command.main([str(tmp_path / "none.py")]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("speedrun: no Python file") and told.err.count("\n") == 1


def test_the_command_refuses_what_it_does_not_know(capsys):
    assert command.main(["--row", "magic"]) == 1
    assert "no row 'magic': the rows are chapter 10" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["mine.py", "--row", "Muon"])
    with pytest.raises(ValueError, match="no row 'magic'"):
        ladder.entry("magic", 0.1, 10)


def test_the_command_prints_the_table(capsys):
    assert command.main([]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line[:15].strip() for line in said[1:]] == list(table.record()["rows"])


def test_an_entry_that_misses_the_score_is_told_so(tmp_path, capsys):
    file = a_file(tmp_path, """
from lessons.gpt import model as gpt
from lessons.gpt.variants import assembled, attention
from lessons.studies.speedrun.entry import Entry
from lessons.studies.trial import Recipe
config = gpt.Config(1024, 128, n_layers=1, n_heads=1, d_model=8)
entry = Entry("mine", "tiny", 1, Recipe(build=lambda: gpt.GPT(config), batch_size=2))
""")
    assert command.main([str(file), "--seeds", "0"]) == 1
    told = capsys.readouterr()
    assert "mine is not ranked: 1 seed was run" in told.err and "seed 0 ends at" in told.err
    assert "times faster than chapter 10's run" in told.out


def test_an_entry_that_reaches_it_stands_in_the_table(monkeypatch):
    monkeypatch.setattr(own, "run", lambda each, seed, say: result(seed, seconds=25.0))
    said = []
    row = own.enter(an_entry(), say=said.append)
    assert row.times_faster == pytest.approx(10.0)
    assert any(line.startswith("mine ") for line in said)
    with pytest.raises(ValueError, match="no seed was given"):
        own.enter(an_entry(), seeds=(), say=said.append)


def loss_of(recipe, seed=0):
    """Return model, and loss and gradients of its first step; the same draws for each recipe."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = recipe.build() if isinstance(recipe, Recipe) else recipe()
        torch.manual_seed(seed)
        loss = gpt.loss(model, *timed.tokens().again[0])
        loss.backward()
    return model, loss.item(), [p.grad for p in model.parameters()]


def test_the_first_row_has_chapter_10s_model_dropout_included():
    config = replace(ladder.CONFIG, dropout=0.1)
    _, loss, gradients = loss_of(lambda: gpt.GPT(config))
    _, ours, of_ours = loss_of(ladder.BASE)
    assert ours == loss != loss_of(lambda: gpt.GPT(ladder.CONFIG))[1]
    assert all(map(torch.equal, of_ours, gradients))


@pytest.mark.parametrize("name", ladder.IDEAS)
def test_rows_drop_numbers_everywhere_or_nowhere(name):
    dropout = 0.0 if name in ("no dropout", "token shift") else 0.1
    model = ladder.IDEAS[name][0].build()
    places = [each for each in model.modules() if isinstance(each, nn.Dropout)]
    assert [place.p for place in places] == [dropout] * 8  # attention and MLP of four blocks
    for place in places:
        place.p = 0.0
    tokens = timed.tokens().again[0][0][:2]
    same = torch.equal(model(tokens), model(tokens))  # embeddings are all that is left
    assert same == (dropout == 0.0)


def ideas_of(recipe):
    """Return a recipe as a flat dictionary of what an idea can change."""
    fields = dict(vars(recipe.build))
    return fields | {name: value for name, value in vars(recipe).items()
                     if name not in ("build", "lr")}


def differences(recipe, other):
    """Return the names of what differs between two recipes, their rate left out."""
    one, two = ideas_of(recipe), ideas_of(other)
    return [name for name in one if one[name] != two[name]]


#: What each row changes in the row before.
CHANGES = {"rotary": "rotary", "first weights": "enlarged", "Muon": "optimiser",
           "no dropout": "dropout", "token shift": "shifted"}


def test_each_row_has_one_idea_more_than_the_row_before():
    recipes = [recipe for recipe, _ in ladder.IDEAS.values()]
    assert recipes[0] is ladder.BASE and recipes[-1] is ladder.LAST
    changed = [differences(*pair) for pair in pairwise(recipes)]
    assert changed == [[CHANGES[name]] for name in list(ladder.IDEAS)[1:]]


def test_rows_share_a_schedule_that_is_as_steep_as_chapter_10s():
    names = list(ladder.IDEAS)[1:]
    assert {ladder.entry(n, 0.1, 9).recipe.schedule for n in names} == {ladder.cosine_to_zero}
    assert ladder.entry("chapter 10", 0.1, 9).recipe.schedule is ladder.as_chapter_10
    for shape, n_steps in ((ladder.as_chapter_10, 1000), (ladder.cosine_to_zero, 500)):
        shares = [shape((step + 0.5) / n_steps) for step in range(n_steps)]
        assert shares.index(max(shares)) == pytest.approx(50, abs=1) and shares[-1] < 1e-4
        assert shares[25] == pytest.approx(0.5, abs=0.03)
        middle = (50 + n_steps) // 2
        assert shares[middle] == pytest.approx(0.5, abs=0.01)


def test_rotary_positions_are_those_of_the_book():
    """Without dropout, attention, gradients included, is that of `lessons.gpt.variants`."""
    parts = assembled.Parts(attention=attention.Rotary, positions=False)
    _, loss, gradients = loss_of(lambda: assembled.GPT(ladder.CONFIG, parts))
    _, ours, of_ours = loss_of(ladder.Model(dropout=0.0, rotary=True))
    assert ours == pytest.approx(loss, abs=1e-6)
    assert all(torch.allclose(*pair, atol=1e-6) for pair in zip(of_ours, gradients, strict=True))


@pytest.mark.parametrize("name", ladder.IDEAS)
def test_models_see_no_later_token_and_keep_none(name):
    model = ladder.IDEAS[name][0].build()
    timed.check_model(model)
    with pytest.raises(ValueError, match="write without a cache"):
        model(torch.tensor([[1, 2]]), model.new_caches())


def test_first_weights_are_larger_by_the_root_of_the_width():
    models = (loss_of(ladder.Model(enlarged=on))[0] for on in (False, True))
    pairs = zip(*(model.parameters() for model in models), strict=True)
    times = [(large / small).mean().item() for small, large in pairs if small.dim() == 2]
    assert times == pytest.approx([math.sqrt(6)] * len(times))


@pytest.mark.parametrize("name", dropped.DROPPED)
def test_one_idea_is_taken_away_from_the_last_row(name):
    recipe = dropped.entry(name, 0.01, 100).recipe
    assert differences(recipe, ladder.entry("token shift", 0.01, 100).recipe) == [CHANGES[name]]
    assert ideas_of(recipe)[CHANGES[name]] == ideas_of(ladder.BASE)[CHANGES[name]]


def test_every_idea_can_be_taken_away():
    assert list(dropped.DROPPED) == list(CHANGES)
    with pytest.raises(ValueError, match="no idea 'luck' to take away"):
        dropped.entry("luck", 0.01, 100)


def test_the_record_holds_what_is_said_of_it():
    kept = table.record()
    rows = table.rows()
    assert [row.name for row in rows] == list(ladder.IDEAS)
    assert list(kept["open"]) == list(ladder.OPEN)
    for before, row in pairwise(rows):
        assert table.faults(row.results) == []  # three seeds, and each reaches the score
        assert row.results[0].n_steps == kept["rows"][row.name]["n_steps"]
        assert row.idea == ladder.IDEAS[row.name][1]
        assert row.results[0].n_steps <= 500  # of which a tenth, chapter 10's 50, is warm-up
        assert row.times_faster > before.times_faster
        assert len(differences(*(ladder.IDEAS[each.name][0] for each in (before, row)))) == 1
    assert min(run.times_faster for run in rows[-1].results) >= 5
    assert kept["target"] == target()


def test_the_published_table_is_whole():
    minutes = [row["minutes"] for row in table.published()]
    assert minutes[0] == 45 and minutes[-1] == 1.23 and len(minutes) == 89


def test_the_fewest_steps_that_surely_reach_the_score_are_chosen():
    best = target()
    tried = {(0.1, 300): {"bits": best - 0.05}, (0.1, 200): {"bits": best - 0.001},
             (0.2, 250): {"bits": best - 0.01}}
    assert experiment.promising(tried)[0] == (0.2, 250)
    assert experiment.promising({(0.1, 200): {"bits": best}}) == []


def test_a_row_is_the_first_try_that_all_seeds_reach(monkeypatch):
    best = target()

    def fake(folder, code, settings, function, tasks, jobs):
        def bits(n_steps, seed):  # seed 1 needs 250 steps, the others 200
            return best - 0.01 if n_steps >= (250 if seed == 1 else 200) else best + 0.1
        return {task: ({"bits": bits(*task[2:]), "n_steps": task[2], "seed": task[3]}, 1.0)
                for task in map(tuple, tasks)}

    monkeypatch.setattr(experiment, "kept_all", fake)
    monkeypatch.setattr(experiment, "TRIES", {"Muon": [(0.1, 100), (0.1, 200), (0.1, 250)],
                                              "rotary": [(0.2, 90), (0.1, 100)]})
    monkeypatch.setattr(experiment, "ASIDE", {"in a hurry": [(0.1, 300, 0), (0.2, 40, 2)]})
    result, _ = experiment.everything()
    assert list(result["rows"]) == ["chapter 10", "Muon"]
    assert list(result["open"]) == ["rotary", "in a hurry"]
    row = result["rows"]["Muon"]
    assert (row["lr"], row["n_steps"], len(row["runs"])) == (0.1, 250, 3)
    assert [(t["n_steps"], t["seed"]) for t in row["tried"]] == [
        (100, 0), (200, 0), (250, 0), (200, 1), (200, 2)]
    assert [(t["n_steps"], t["seed"]) for t in result["open"]["rotary"]] == [
        (90, 0), (100, 0), (100, 1), (100, 2)]
    assert [(t["lr"], t["n_steps"], t["seed"]) for t in result["open"]["in a hurry"]] == [
        (0.1, 300, 0), (0.2, 40, 2)]


def test_a_part_that_differs_from_the_record_is_found(monkeypatch):
    def once(name, lr, n_steps, seed):
        return {"bits": table.record()["rows"][name]["runs"][0]["bits"] + wrong}

    monkeypatch.setattr(experiment, "once", once)
    monkeypatch.setattr(experiment.random, "choice", lambda values: list(values)[0])
    wrong = 0.0
    assert experiment.check() == []
    wrong = 0.1
    assert f"{table.rows()[1].name}, seed 0" in experiment.check()[0]
