"""Training that survives: the same losses after kills, on several processes, in parts."""

import functools
import io
import json
import math
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from lessons.engine.optim import schedule
from lessons.files import only_writer
from lessons.gpt import model as gpt
from lessons.machines import hardware
from lessons.train import (
    checkpoint,
    command,
    log as run_log,
    options as run_options,
    processes,
    run as train,
    sample,
    sharding,
    terminal,
    tokens as token_data,
)
from lessons.train.config import ConfigError, TrainConfig
from lessons.train.trainer import Diverged, Trainer, adamw

TINY = {"vocab_size": 256, "n_positions": 16, "n_layers": 2, "n_heads": 2, "d_model": 32,
        "batch_size": 8, "n_steps": 12, "n_warmup": 3, "schedule": "constant", "log_every": 1,
        "valid_every": 5, "save_every": 4, "n_valid": 9, "keep": 20, "device": "cpu",
        "tensorboard": False}
WORDS = ["the", "model", "learns", "a", "step", "of", "its", "own", "loss", "and", "reads"]
ENV = os.environ | {"OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("data") / "text.txt"
    lines = [" ".join(rng.choice(WORDS, 8)) for _ in range(300)]
    path.write_text("\n\n".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def one_thread():
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n)


@pytest.fixture
def config(text, tmp_path):
    """Return a function that gives a tiny run's settings; each name has its folder."""
    return lambda name="run", **changes: TrainConfig(
        **(TINY | {"data": text, "out": str(tmp_path / name)} | changes))


def quiet(line):
    pass


def curve(folder):
    """Return what a run measured, less what depends on the clock."""
    return [{key: row[key] for key in row.keys() - {"tokens_per_s", "mfu"}}
            for row in run_log.read_metrics(folder)]


def losses(folder):
    return np.array([row["loss"] for row in run_log.read_metrics(folder) if "loss" in row])


def options(config):
    return [word for f in fields(config) for word in
            (f"--{f.name}", str(getattr(config, f.name)).lower() if f.type is bool
             else str(getattr(config, f.name)))]


def start(config, *launcher):
    command = [sys.executable, "-m", *launcher, "lessons.train", *options(config)]
    return subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True)


TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")


def wait_for_step(config, step):
    """Wait until a run that goes on in another process has written the row of a step."""
    for _ in range(120_000):  # ten minutes
        rows = run_log.read_metrics(config.out)
        if rows and rows[-1]["step"] >= step:
            return
        time.sleep(0.005)
    raise AssertionError("the run did not get so far")


# --- Going on -------------------------------------------------------------------------------------

def test_stopped_and_killed_and_resumed_it_is_the_same_run_bit_for_bit(config):
    settings = dict(n_steps=160, dropout=0.2, n_accumulate=2, schedule="cosine", save_every=10,
                    log_every=3, keep=2)
    train.train(config("whole", **settings), quiet)

    part = config("part", **settings)
    process = start(part)
    wait_for_step(part, 20)
    process.send_signal(signal.SIGTERM)
    said = process.communicate()[0]
    stopped_at = run_log.read_metrics(part.out)[-1]["step"]
    assert process.returncode == 0 and 20 <= stopped_at < 160
    assert f"Stopped at step {stopped_at} of 160" in said and "--resume auto" in said
    assert checkpoint.step_of(checkpoint.listed(part.out)[-1]) == stopped_at

    goes_on = config("part", resume="auto", **settings)
    process = start(goes_on)
    wait_for_step(part, stopped_at + 25)
    process.kill()
    process.communicate()
    reached = run_log.read_metrics(part.out)[-1]["step"]
    saved = [checkpoint.step_of(path) for path in checkpoint.listed(part.out)]
    assert process.returncode == -signal.SIGKILL and reached < 160
    assert stopped_at < saved[-1] and reached - saved[-1] <= 10 + 3
    with open(run_log.metrics_path(part.out), "a") as file:
        file.write('{"step": 399, "lo')  # as if it had been killed in the middle of a row

    summary = train.train(goes_on, quiet)
    assert summary["step"] == 160 and not summary["stopped"]
    assert curve(part.out) == curve(config("whole").out)
    ends = [checkpoint.load(checkpoint.path_of(config(name).out, 160))["model"]
            for name in ("whole", "part")]
    assert all(torch.equal(p, ends[1][name]) for name, p in ends[0].items())


def test_ctrl_c_stops_after_the_step_and_a_second_one_at_once(config, monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    # A shell starts what runs in the background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        stop = threading.Event()
        with terminal.stop_signals(stop):
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.is_set()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(1)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_metrics_are_on_the_disk_before_the_checkpoint(config, monkeypatch):
    order, real_save = [], checkpoint.save
    monkeypatch.setattr(run_log.Log, "sync", lambda log: order.append("metrics"))
    monkeypatch.setattr(checkpoint, "save", lambda *a: order.append(a[1]) or real_save(*a))
    train.train(config(n_steps=8), quiet)
    assert order == [0, "metrics", 4, "metrics", 8]


def test_a_run_can_be_continued_longer_and_with_other_intervals(config):
    train.train(config("long", n_steps=20), quiet)
    train.train(config(), quiet)
    longer = config(resume="auto", n_steps=20, save_every=3, log_every=4, keep=1, n_accumulate=2)
    summary = train.train(longer, quiet)
    assert summary["step"] == 20
    np.testing.assert_allclose(losses(longer.out), losses(config("long").out), atol=1e-6)
    assert checkpoint.listed(longer.out) == [checkpoint.path_of(longer.out, 20)]


def test_from_an_earlier_step_later_checkpoints_are_set_aside(config):
    train.train(config("whole"), quiet)
    train.train(config(), quiet)
    lines = []
    train.train(config(resume="4", n_steps=6), lines.append)
    assert curve(config().out)[:4] == curve(config("whole").out)[:4]
    assert [row["step"] for row in curve(config().out)] == [1, 2, 3, 4, 5, 5, 6, 6]
    assert [p.name for p in checkpoint.listed(config().out)] == [
        f"step-0000000{n}.pt" for n in (0, 4, 6)]
    assert "step-00000008.pt.aside, step-00000012.pt.aside" in lines[0]
    aside = checkpoint.path_of(config().out, 12).with_suffix(".pt.aside")
    assert checkpoint.load(aside)["step"] == 12


def test_a_damaged_newest_checkpoint_is_said_and_costs_only_its_steps(config, capsys):
    train.train(config("whole"), quiet)
    train.train(config(n_steps=10), quiet)
    path = checkpoint.path_of(config().out, 10)
    path.write_bytes(path.read_bytes()[:1000])
    assert command.main(["--out", config().out, "--resume", "10"]) == 1
    said = capsys.readouterr().err
    assert str(path) in said and "cut off" in said and "--resume auto" in said and path.exists()
    lines = []
    train.train(config(resume="auto"), lines.append)
    assert "step-00000010.pt is cut off" in lines[0] and "step 8" in lines[0]
    assert curve(config().out)[-5:] == curve(config("whole").out)[-5:]


def test_a_finished_run_has_nothing_to_do(config, capsys):
    train.train(config(), quiet)
    before = curve(config().out)
    assert command.main(["--out", config().out, "--resume", "auto"]) == 0
    assert "--n-steps 24" in capsys.readouterr().out and curve(config().out) == before


def test_two_runs_cannot_write_to_one_folder(config, capsys):
    with only_writer(config().out):
        assert command.main(options(config())) == 1
    assert "another process trains in" in capsys.readouterr().err
    assert not run_log.metrics_path(config().out).exists()
    assert command.main(options(config())) == 0


# --- What goes wrong ------------------------------------------------------------------------------

def test_a_full_disk_during_the_run(config, capsys):
    train.train(config("other", n_steps=8), quiet)
    before_size, size = (checkpoint.path_of(config("other").out, n).stat().st_size for n in (0, 4))
    assert size > 2 * before_size  # the first one has no optimiser state
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, hard))
    try:
        assert command.main(options(config())) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "step-00000004.pt" in said[0] and "--resume auto" in said[0]
    assert [p.name for p in Path(config().out, "checkpoints").iterdir()] == ["step-00000000.pt"]
    assert command.main(["--out", config().out, "--resume", "auto", "--n-steps", "8"]) == 0
    assert curve(config().out) == curve(config("other").out)


def test_a_full_disk_for_the_metrics(config, capsys):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    train.train(config(n_steps=4, valid_every=100), quiet)
    n_bytes = run_log.metrics_path(config().out).stat().st_size
    log = run_log.Log(config().out, 4, 12, tensorboard=False)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        with pytest.raises(OSError, match=r"metrics\.jsonl"):
            log.write([{"step": 5, "loss": 1.0}])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(curve(config().out)) == 5


def test_nan_stops_the_run_and_gets_into_no_checkpoint(config, capsys):
    bad = config(lr=1e9, clip=0.0, n_warmup=0, n_steps=50, log_every=50, save_every=1,
                 valid_every=50)
    assert command.main(options(bad)) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and re.search(r"(loss|grad_norm) is (nan|inf) in step \d", said[0])
    assert "smaller --lr" in said[0]
    for path in checkpoint.listed(bad.out):
        tensors = checkpoint.load(path)["model"].values()
        assert all(torch.isfinite(p).all() for p in tensors), path
    assert np.isfinite(losses(bad.out)).all()


def test_weights_that_are_no_numbers_are_not_saved(config):
    Path(config().out).mkdir()
    alone = processes.World(0, 1, torch.device("cpu"))
    trainer = Trainer(config(), alone, token_data.prepare(config()))
    trainer.model.norm.bias.data[3] = math.nan
    with pytest.raises(Diverged, match="a weight is no longer a number.*smaller --lr"):
        trainer.save()
    with pytest.raises(Diverged, match="valid_loss is nan after step 0"):
        trainer.validate()
    assert checkpoint.listed(config().out) == []


def test_rows_before_nan_are_kept(config):
    bad = config(lr=1e9, clip=0.0, n_warmup=0, log_every=12, save_every=12, valid_every=12)
    with pytest.raises(Diverged) as caught:
        train.train(bad, quiet)
    step = int(re.search(r"step (\d+)", str(caught.value))[1])
    assert step > 1 and [row["step"] for row in curve(bad.out)] == list(range(1, step))


@pytest.mark.parametrize("changes, message", [
    ({"lr": 0.5}, "lr was 0.001 .* cannot become 0.5.*n_steps"),
    ({"d_model": 64}, "d_model was 32"), ({"seed": 1}, "seed was 0"),
    ({"batch_size": 16}, "batch_size was 8"), ({"n_steps": 6, "n_warmup": 3}, "beyond the end"),
    ({"resume": "3"}, "cannot read .*step-00000003.pt: No such file"),
    ({"resume": "no"}, "holds a run already"),
])
def test_a_resume_that_would_be_another_run_is_refused(changes, message, config):
    train.train(config(), quiet)
    before = curve(config().out), sorted(Path(config().out, "checkpoints").iterdir())
    with pytest.raises((ConfigError, checkpoint.CheckpointError), match=message):
        train.train(config(**({"resume": "auto"} | changes)), quiet)
    assert before == (curve(config().out), sorted(Path(config().out, "checkpoints").iterdir()))


def test_another_text_is_refused_and_a_moved_one_is_not(config, text, tmp_path):
    train.train(config(), quiet)
    moved = tmp_path / "moved.txt"
    shutil.copy(text, moved)
    assert train.train(config(data=str(moved), resume="auto", n_steps=13), quiet)["step"] == 13
    moved.write_text(moved.read_text() + "\n\nmore")
    with pytest.raises(ConfigError, match="not the text with which this run began"):
        train.train(config(data=str(moved), resume="auto", n_steps=14), quiet)


def test_metrics_without_checkpoints_are_not_overwritten(config):
    train.train(config(), quiet)
    shutil.rmtree(Path(config().out, "checkpoints"))
    with pytest.raises(ConfigError, match="holds a run already"):
        train.train(config(resume="auto"), quiet)
    assert len(curve(config().out)) == 15


BAD_COMMANDS = {
    "--n-step 3": "did you mean n_steps", "--lr 0": "lr must be above 0", "--lr nan": "lr must",
    "--lr inf": "lr must", "--lr 1e38": "lr must", "--lr -1": "lr must", "--lr x": "--lr is a num",
    "--n-heads 3": "n_heads=3 must divide d_model", "--batch-size 0": "batch_size must be 1 or",
    "--batch-size 1.5": "a whole number", "--n-warmup 500": "warm-up.*shorter than the run",
    "--n-accumulate 3": "n_accumulate=3 must divide", "--dropout 1": "dropout must be from 0 to",
    "--beta1 1": "beta1 must", "--clip -1": "clip must", "--weight-decay nan": "weight_decay must",
    "--schedule cos": "schedule must be constant or", "--tensorboard maybe": "true or false",
    "--resume yes": "resume must be no, auto or a step", "--vocab-size 10": "vocab_size must be",
    "--device tpu": "device=tpu", "--precision int8": "precision must be", "--seed -1": "seed must",
    "--lr": "expected one argument", "3": "'3' stands alone", "--keep 0": "keep must",
    "--config none.toml": "cannot read none.toml", "--data none.txt": "cannot read none.txt",
    "--valid-share 0": "valid_share must", "--log-every 0": "log_every must", "--out ": "folder",
    "--data {text} --vocab-size 256 --n-positions 100000": "give a longer one with --data",
    "--parallel tp": "parallel must be ddp or fsdp",
    "--data {text} --vocab-size 9000": "no pair left to join", "--n-valid 0": "n_valid must",
}


@pytest.mark.parametrize("bad", BAD_COMMANDS)
def test_bad_settings_get_one_line_and_status_2(bad, text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command.main(bad.format(text=text).split(" ")) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1 and said.out == ""
    assert re.search(BAD_COMMANDS[bad], said.err)


@pytest.mark.parametrize("content, message", [
    ("n_step = 3", "did you mean n_steps"), ("lr = 'high'", "lr is a number, got 'high'"),
    ("lr = true", "lr is a number"), ("n_steps = 10.0", "n_steps is a whole number"),
    ("lr = ", "is not a TOML file.*at end"), ("[model]\nd_model = 3", "unknown setting 'model'"),
    ("data = 3", "data is a text"), ("tensorboard = 1", "true or false"),
])
def test_bad_files_get_one_line_and_status_2(content, message, tmp_path, capsys):
    path = tmp_path / "run.toml"
    path.write_text(content)
    assert command.main(["--config", str(path), "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and re.search(message, said)


def test_texts_that_cannot_be_used(config, tmp_path):
    for name, content in {"latin": "é".encode("latin-1") * 999, "empty": b"", "blank": b" \n" * 999,
                          "short": b"a b c\n\nd e f\n\n" * 9}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ConfigError):
            train.train(config(data=str(path)), quiet)


def test_a_batch_that_cannot_be_shared_out(config, text):
    data = token_data.prepare(config(out=str(Path(text).parent)))
    world = processes.World(0, 3, torch.device("cpu"))
    with pytest.raises(ConfigError, match="multiple of 3 processes"):
        Trainer(config(), world, data)


# --- Settings -------------------------------------------------------------------------------------

def test_help_has_every_setting_with_its_default_and_unit(capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    for f in fields(TrainConfig):
        shown = str(f.default).lower() if f.type is bool else f.default or repr(f.default)
        unit = f.metadata["unit"]
        assert re.search(rf"--{f.name.replace('_', '-')} [A-Z]+ .*?default "
                         rf"{re.escape(str(shown))}{unit and ' ' + unit}\)", said), f.name
        assert f.type in (str, bool) or f.metadata["rule"][1], "a number has a range"


def test_the_command_line_wins_over_the_file_over_the_run_over_the_default(tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    Path(out, "resume.toml").write_text(TrainConfig(seed=1, keep=1, n_layers=1, lr=0.01).to_toml())
    file = tmp_path / "run.toml"
    file.write_text("seed = 2\nkeep = 2\n")
    argv = ["--config", str(file), "--seed", "3", "--out", str(out)]
    resumed = run_options.complete(run_options.parse([*argv, "--resume", "auto"]))
    assert (resumed.seed, resumed.keep, resumed.n_layers, resumed.lr) == (3, 2, 1, 0.01)
    new = run_options.complete(run_options.parse(argv))
    assert (new.seed, new.keep, new.n_layers, new.lr) == (3, 2, 4, 1e-3)


def test_settings_are_written_as_they_were(tmp_path):
    config = TrainConfig(data='a "text"\\é.txt', lr=1e-5, tensorboard=False, out="x", resume="auto")
    stored = tomllib.loads(config.to_toml())
    assert TrainConfig(**stored, out="x", resume="auto") == config
    assert "out" not in stored and "resume" not in stored


def test_underscores_hyphens_and_equal_signs():
    same = [["--n-steps", "5"], ["--n_steps", "5"], ["--n_steps=5"], ["--n-steps=5"]]
    assert [run_options.parse(argv) for argv in same] == [{"n_steps": 5}] * 4
    assert run_options.parse(["--out=a_b=c"]) == {"out": "a_b=c"}


# --- The numbers ----------------------------------------------------------------------------------

def test_it_learns_and_the_learning_rate_follows_the_schedule(config):
    learns = config(n_steps=60, lr=0.01, schedule="cosine", n_warmup=6)
    train.train(learns, quiet)
    share = schedule("cosine", 60, 6)
    rows = [row for row in curve(learns.out) if "loss" in row]
    assert [row["lr"] for row in rows] == [0.01 * share(step) for step in range(60)]
    assert rows[0]["loss"] == pytest.approx(math.log(256), abs=0.1)
    assert rows[-1]["loss"] < 2.9  # the letters alone have about 2.8 nats


def test_in_parts_a_batch_gives_the_same(config):
    for n in (1, 2, 4):
        train.train(config(str(n), n_accumulate=n), quiet)
    for n in ("2", "4"):
        np.testing.assert_allclose(losses(config(n).out), losses(config("1").out), atol=1e-6)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precision_is_near_but_not_the_same(precision, config):
    train.train(config("full"), quiet)
    train.train(config("low", precision=precision), quiet)
    low, whole = losses(config("low").out), losses(config("full").out)
    assert np.abs(low - whole).max() < 0.02 and not np.array_equal(low, whole)
    saved = checkpoint.load(checkpoint.path_of(config("low").out, 12))
    assert {p.dtype for p in saved["model"].values()} == {torch.float32}
    assert bool(saved["scaler"]) == (precision == "float16")
    summary = train.train(config("low", precision=precision, resume="8"), quiet)
    assert losses(config("low").out).tolist() == low.tolist() and summary["step"] == 12


def test_a_step_too_large_for_float16_is_left_out(config):
    here = processes.World(0, 1, torch.device("cpu"))
    half = config(precision="float16")
    Path(half.out).mkdir()
    trainer = Trainer(half, here, token_data.prepare(half))
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**60)
    before = [p.clone() for p in trainer.model.parameters()]
    buffer = train.MetricsBuffer(trainer)
    buffer.add(*trainer.update())
    row = buffer.fetch()[0]
    assert math.isfinite(row["loss"]) and row["grad_norm"] is None
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.model.parameters(), strict=True))


def test_only_matrices_decay(config):
    model = gpt.GPT(gpt.Config(**config().sizes()))
    groups = adamw(model, config(weight_decay=0.3)).param_groups
    decays = {id(p): g["weight_decay"] for g in groups for p in g["params"]}
    for name, p in model.named_parameters():
        is_matrix = "norm" not in name and not name.endswith("bias")
        assert decays.pop(id(p)) == (0.3 if is_matrix else 0.0), name
    assert not decays


def test_validation_is_the_mean_over_the_first_windows_in_nats_and_in_bits_per_byte(config):
    settings = config(vocab_size=290, n_valid=5, batch_size=4)
    summary = train.train(settings, quiet)
    model, tokenizer = sample.load_model(settings.out)
    tokens = token_data.prepare(settings).valid
    rows = tokens[: 5 * 16 + 1].long()
    inputs, targets = rows[:-1].view(5, 16), rows[1:].view(5, 16)
    with torch.no_grad():
        loss = gpt.loss(model, inputs, targets).item()
    n_bytes = len(tokenizer.decode(rows[1:].tolist()).encode())
    assert summary["valid_loss"] == pytest.approx(loss, abs=1e-5)
    assert summary["bits_per_byte"] == pytest.approx(loss * 80 / math.log(2) / n_bytes, abs=1e-5)


def test_an_epoch_meets_all_the_text_once_and_the_next_in_another_order():
    windows = token_data.Windows(torch.arange(1000), length=10, seed=3)
    epochs = [windows.batch(i * windows.n, windows.n)[0] for i in range(3)]
    for rows in epochs:
        assert len(rows.unique()) == rows.numel() == 10 * windows.n >= 980
    assert len({tuple(rows[:, 0].tolist()) for rows in epochs}) == 3  # the order
    assert len({rows.min().item() for rows in epochs}) > 1  # and the places of the cuts
    again = token_data.Windows(torch.arange(1000), length=10, seed=3)
    pieces = [again.batch(i, 7)[0] for i in range(0, 3 * windows.n, 7)]
    assert torch.equal(torch.cat(pieces)[: 3 * windows.n], torch.cat(epochs))


def test_the_shortest_text_that_works():
    windows = token_data.Windows(torch.arange(21), length=10, seed=0)
    for i in range(40):
        inputs, targets = windows.batch(i, 1)
        assert targets[0, -1] == inputs[0, 0] + 10 <= 20


def test_a_stored_tokenizer_is_used_again(tmp_path, monkeypatch):
    first = token_data.learn_once(tmp_path, "low lower lowest", 258)
    monkeypatch.setattr(token_data, "train_bpe", None)
    assert token_data.learn_once(tmp_path, "low lower lowest", 258).merges == first.merges
    with pytest.raises(TypeError):  # another text, another tokenizer
        token_data.learn_once(tmp_path, "low lower lowest!", 258)


# --- Devices --------------------------------------------------------------------------------------

def test_devices_and_precisions(monkeypatch):
    cuda = torch.device("cuda")
    for has, best in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda has=has, **k: has)
        assert processes.find_precision("auto", cuda) == best
    assert processes.find_precision("bfloat16", torch.device("cpu")) == torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert processes.find_device("auto").type == "mps"
    assert processes.find_device("auto", local_rank=1).type == "cpu"
    with pytest.raises(ConfigError, match="device=cuda is not to be had here.*mps, cpu"):
        processes.find_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda i: None)
    assert processes.find_device("auto", local_rank=1) == torch.device("cuda", 1)
    with pytest.raises(ConfigError, match="--nproc-per-node 2"):
        processes.find_device("auto", local_rank=2)


@pytest.mark.parametrize("name, mem_gb, tflops", [
    ("NVIDIA H100 80GB HBM3", 85, 989), ("NVIDIA H100 PCIe", 85, 756), ("NVIDIA H200", 151, 989),
    ("NVIDIA A100-SXM4-40GB", 42, 312), ("Tesla V100-SXM2-16GB", 17, 125),
    ("NVIDIA GeForce RTX 4090", 25, None),
])
def test_rates_of_gpus(name, mem_gb, tflops):
    known = hardware.known_peak(name, mem_gb * 1e9)
    assert known == (tflops and pytest.approx(tflops * 1e12, rel=1e-2))


def test_a_step_does_not_wait_for_the_device(config, monkeypatch):
    """On the device "meta" there are no numbers, so to look at one is an error."""
    monkeypatch.setattr(torch, "autocast", lambda *a, **k: nullcontext())  # meta has none
    run = config(n_accumulate=2, dropout=0.1)
    Path(run.out).mkdir()
    nowhere = processes.World(0, 1, torch.device("meta"))
    trainer = Trainer(run, nowhere, token_data.prepare(run))
    for _ in range(3):
        loss, lr, norm = trainer.update()
    with pytest.raises(RuntimeError, match="meta"):
        loss.item()
    assert norm.is_meta and lr == run.lr


# --- What it tells --------------------------------------------------------------------------------

class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_and_the_lines_tell_how_it_goes(config, monkeypatch):
    terminal, lines = Terminal(), []
    monkeypatch.setattr(sys, "stderr", terminal)
    every_time = functools.partial(run_log.tqdm, mininterval=0, miniters=1)  # not 10 times a s
    monkeypatch.setattr(run_log, "tqdm", every_time)
    shown = config(peak_tflops=0.001, valid_every=6)
    train.train(shown, lines.append)
    assert re.search(r"12/12 .*loss \d\.\d+, .*bits per byte", terminal.getvalue())
    assert re.search(r"lr 1.00e-03, [\d,]+ tokens/s, MFU \d+\.\d%", terminal.getvalue())
    assert re.fullmatch(r"GPT with .* parameters on .* tokens, cpu in float32. Step 0 of 12.",
                        lines[1])
    assert lines[0].startswith("The text was split by its paragraphs: 10,120 characters for train")
    assert [line.split(":")[0] for line in lines[2:]] == ["Step 6", "Step 12"]


def test_the_last_lines_say_what_to_do_next_and_it_works(config, capsys):
    first = config("my run")
    assert command.main(options(first)) == 0
    out = capsys.readouterr().out
    assert "Finished at step 12 of 12" in out and "step-00000012.pt" in out
    commands = re.findall(r"python -m lessons\.[\w.]+ (.*)", out)
    assert "'" in commands[0] and len(commands) == 2
    import shlex

    assert command.main(shlex.split(commands[0])) == 0
    assert "Finished at step 24" in capsys.readouterr().out
    assert sample.main([*shlex.split(commands[1]), "--n-new", "5"]) == 0
    assert capsys.readouterr().out.startswith("The")
    assert not any(re.search(r" '?$", command) for command in commands)  # no space at the end


def test_the_log_for_tensorboard_has_the_curve_also_after_a_resume(config):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train.train(config(tensorboard=True), quiet)
    train.train(config(tensorboard=True, resume="4"), quiet)
    log = EventAccumulator(str(Path(config().out, "tensorboard")))
    log.Reload()
    events = log.Scalars("loss")
    assert [e.step for e in events] == list(range(1, 13))
    np.testing.assert_allclose([e.value for e in events], losses(config().out), rtol=1e-6)
    assert {"lr", "grad_norm", "valid_loss", "bits_per_byte"} <= set(log.Tags()["scalars"])


def test_sampling_from_nothing_and_from_a_step(config, tmp_path, capsys):
    assert sample.main([str(tmp_path / "none"), "The"]) == 1
    assert "train a model with" in capsys.readouterr().err
    train.train(config(), quiet)
    assert sample.main([config().out, ""]) == 2
    assert "at least one character" in capsys.readouterr().err
    assert sample.main([config().out, "The", "--temperature", "-1"]) == 2
    assert sample.main([config().out, "The", "--step", "5"]) == 1
    said = set()
    for seed in ("0", "0", "1"):
        assert sample.main([config().out, "The", "--step", "4", "--seed", seed]) == 0
        said.add(capsys.readouterr().out)
    assert len(said) == 2


# --- Several processes ----------------------------------------------------------------------------

# All in one pair of processes, because it takes seconds to start them.
SEVERAL = """
import json, sys
import torch.distributed as dist
from lessons.train import run as train
from lessons.train.config import TrainConfig

dist.init_process_group("gloo")
for settings in json.loads(sys.argv[1]):
    train.train(TrainConfig(**settings))
print(f"process {dist.get_rank()} is done")
dist.destroy_process_group()
"""


def test_two_processes_give_what_one_gives_and_checkpoints_fit_all(config, tmp_path):
    alone = config("alone", n_steps=18)
    train.train(alone, quiet)
    train.train(config("from alone", n_steps=6), quiet)
    runs = [config("ddp", n_steps=6), config("fsdp", n_steps=6, parallel="fsdp"),
            config("ddp", n_steps=12, parallel="fsdp", resume="auto"),
            config("fsdp", n_steps=12, parallel="ddp", resume="auto", n_accumulate=2),
            config("from alone", n_steps=12, parallel="fsdp", resume="auto", n_accumulate=2)]
    script = tmp_path / "several.py"
    script.write_text(SEVERAL)
    done = subprocess.run([sys.executable, "-m", *TORCHRUN[:-1], str(script),
                           json.dumps([vars(run) for run in runs])],
                          env=ENV, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "process 1 is done" in done.stdout and done.stdout.count("Step 12:") == 3
    expected = [row for row in curve(alone.out) if row["step"] != 18 or "loss" in row]
    for name in ("ddp", "fsdp", "from alone"):
        train.train(config(name, n_steps=18, resume="auto"), quiet)  # and back in one process
        rows = [row for row in curve(config(name).out) if "loss" in row]
        assert [row["step"] for row in rows] == list(range(1, 19))  # one writes, not two
        for key in ("loss", "grad_norm"):
            np.testing.assert_allclose([row[key] for row in rows],
                                       [row[key] for row in expected if "loss" in row], atol=1e-5)
        valid = {row["step"]: row for row in curve(config(name).out) if "valid_loss" in row}
        for row in expected:
            if "valid_loss" in row:
                assert valid[row["step"]]["valid_loss"] == pytest.approx(row["valid_loss"],
                                                                         abs=1e-5)


def test_gradients_travel_once_in_a_step():
    class Sharded:
        def set_requires_gradient_sync(self, now):
            self.now = now

    model = Sharded()
    for now in (False, True):
        sharding.sync_gradients(model, now)
        assert model.now is now
    sharding.sync_gradients(torch.nn.Linear(1, 1), True)  # one process: nothing to do


def test_a_dead_worker_ends_the_run_and_a_resume_works(config):
    run = config(n_steps=10_000, valid_every=10_000)
    process = start(run, *TORCHRUN)
    wait_for_step(run, 9)
    workers = psutil.Process(process.pid).children()
    assert len(workers) == 2
    workers[1].kill()
    said = process.communicate(timeout=600)[0]
    assert process.returncode == 1 and "lessons.train FAILED" in said
    assert "Signal 9 (SIGKILL) received" in said
    reached = checkpoint.step_of(checkpoint.listed(run.out)[-1]) + 3
    train.train(config(n_steps=reached, resume="auto"), quiet)
    train.train(config("alone", n_steps=reached), quiet)
    np.testing.assert_allclose(losses(run.out), losses(config("alone").out), atol=1e-5)


def test_sigterm_to_torchrun_saves_and_stops(config):
    run = config(n_steps=10_000, valid_every=10_000, save_every=10_000, parallel="fsdp",
                 log_every=2)
    process = start(run, *TORCHRUN)
    wait_for_step(run, 4)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=600)[0]
    step = run_log.read_metrics(run.out)[-1]["step"]
    assert f"Stopped at step {step} of 10000" in said
    assert "Go on:   torchrun --nproc-per-node 2 -m lessons.train --out" in said
    assert checkpoint.load(checkpoint.path_of(run.out, step))["step"] == step
