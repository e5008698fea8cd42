"""Training on the disks, texts, terminals and in the shells that people really have."""

import builtins
import errno
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch

from lessons import files
from lessons.data import corpus
from lessons.engine.optim import schedule
from lessons.train import checkpoint, command, log, run as train, sample, terminal, tokens
from lessons.train.config import TrainConfig

TINY = ["--vocab-size", "258", "--n-positions", "16", "--n-layers", "1", "--n-heads", "2",
        "--d-model", "16", "--batch-size", "4", "--n-steps", "4", "--save-every", "2",
        "--log-every", "1", "--n-valid", "4", "--device", "cpu", "--tensorboard", "false"]
ENV = {**os.environ, "OMP_NUM_THREADS": "1"}
LINE = "The quick brown fox jumps over the lazy dog, and so on.\n"


@pytest.fixture(autouse=True)
def fresh(tmp_path, monkeypatch):
    """Work in an empty folder, with no warning given yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files, "_warned", set())
    Path("text.txt").write_text(LINE * 60, encoding="utf-8")


def run(*more, out="run", data="text.txt"):
    return command.main(["--out", out, "--data", data, *TINY, *more])


def weights(out, step):
    return checkpoint.load(checkpoint.path_of(out, step))["model"]


def same(a, b):
    return all(torch.equal(p, b[name]) for name, p in a.items())


def losses(out):
    return [row["loss"] for row in log.read_metrics(out) if "loss" in row]


# --- Disks ----------------------------------------------------------------------------------------

def failing(real, number, when=lambda *a, **k: True):
    def fails(*args, **kwargs):
        if when(*args, **kwargs):
            raise OSError(number, os.strerror(number))
        return real(*args, **kwargs)
    return fails


def is_folder(descriptor):
    return stat.S_ISDIR(os.fstat(descriptor).st_mode)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EACCES])
@pytest.mark.parametrize("what", ["fsync of folders", "fsync of files", "open of folders", "flock",
                                  "unlink"])
def test_a_file_system_without_an_extra_gets_one_warning(what, number, monkeypatch, capsys):
    if what == "fsync of folders":
        monkeypatch.setattr(os, "fsync", failing(os.fsync, number, is_folder))
    elif what == "fsync of files":
        monkeypatch.setattr(os, "fsync", failing(os.fsync, number, lambda fd: not is_folder(fd)))
    elif what == "open of folders":
        monkeypatch.setattr(os, "open", failing(os.open, number, lambda p, *a: os.path.isdir(p)))
    elif what == "flock":
        number = errno.ENOLCK if number == errno.EACCES else number
        monkeypatch.setattr(files.fcntl, "flock", failing(files.fcntl.flock, number))
    else:
        monkeypatch.setattr(Path, "unlink", failing(Path.unlink, number))
    assert run("--keep", "1") == 0
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith("Warning: the file system of run"), said
    assert os.strerror(number) in said[0] and "goes on without" in said[0]
    assert checkpoint.load(checkpoint.listed("run")[-1])["step"] == 4
    monkeypatch.undo()


def test_a_lock_that_another_machine_holds_is_no_missing_extra(monkeypatch, capsys):
    monkeypatch.setattr(files.fcntl, "flock", failing(files.fcntl.flock, errno.EACCES))
    assert run() == 1
    assert "another process trains in run" in capsys.readouterr().err


@pytest.mark.parametrize("number", sorted(files.SERIOUS))
@pytest.mark.parametrize("what", ["fsync", "replace", "mkdir", "open"])
def test_a_disk_that_fails_is_said_with_the_file_and_what_to_do(what, number, monkeypatch, capsys):
    if what == "open":
        monkeypatch.setattr(builtins, "open", failing(
            open, number, lambda p, *a, **k: str(p).endswith("resume.toml.tmp")))
    elif what == "mkdir":
        def mkdir(path, *args):
            raise OSError(number, os.strerror(number), str(path))

        monkeypatch.setattr(os, "mkdir", mkdir)
    else:
        monkeypatch.setattr(os, what, failing(getattr(os, what), number))
    assert run() == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "[Errno" not in said[0], said
    assert "run" in said[0] and os.strerror(number) in said[0] and "--resume auto" in said[0]


def test_a_file_where_the_folder_should_be(capsys):
    Path("run").write_text("mine")
    assert run() == 1
    assert "cannot use run: it is a file, choose another --out" in capsys.readouterr().err
    assert Path("run").read_text() == "mine"


class Writer:
    def __init__(self, *args, fails="", **kwargs):
        self.fails = fails
        self.do("init")

    def do(self, name):
        if name == self.fails:
            raise RuntimeError(f"{name} failed")

    def add_scalar(self, *args):
        self.do("add")

    def flush(self):
        self.do("flush")

    def close(self):
        self.do("close")


@pytest.mark.parametrize("fails", ["init", "add", "flush", "close", "import"])
def test_a_failing_log_for_tensorboard_gets_one_warning(fails, monkeypatch, capsys):
    module = type(sys)("fake")
    if fails != "import":
        module.SummaryWriter = lambda *a, **k: Writer(*a, fails=fails, **k)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    assert run("--tensorboard", "true") == 0
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1 and "Warning: no log for TensorBoard in run" in said.err
    assert fails in said.err and len(losses("run")) == 4 and "tensorboard --logdir" not in said.out


# --- Texts ----------------------------------------------------------------------------------------

WORDS = [f"{a}{b}{c}" for a in "bdfk" for b in ("o", "ü", "ei") for c in ("", "n", "rt")]
PARAGRAPHS = [" ".join(WORDS[i % 29 :: 1 + i % 5][:12]) + "." for i in range(120)]
TEXTS = {
    "CRLF": ("\r\n\r\n".join(PARAGRAPHS), "paragraphs"),
    "CR only": ("\r\r".join(PARAGRAPHS), "paragraphs"),
    "a mark at the beginning": ("\ufeff" + "\n\n".join(PARAGRAPHS), "paragraphs"),
    "blank lines with a space": ("\n \n".join(PARAGRAPHS), "parts between blank lines"),
    "blank lines with tabs, CRLF": ("\r\n\t\t\r\n".join(PARAGRAPHS), "parts between blank lines"),
    "form feeds": ("\n\f\n".join(PARAGRAPHS), "parts between blank lines"),
    "pages": ("\f".join(PARAGRAPHS), "lines"),
    "names, one a line": ("\n".join(f"{a}{b}" for a in WORDS for b in WORDS), "lines"),
    "a heading, then names": ("Names\n\n" + "\n".join(a + b for a in WORDS for b in WORDS),
                              "lines"),
    "line separators": ("\u2028".join(PARAGRAPHS), "lines"),
    "paragraph separators": ("\u2029".join(PARAGRAPHS), "lines"),
    "next lines": ("\x85".join(PARAGRAPHS), "lines"),
    "one huge line": (" ".join(PARAGRAPHS), "stretches of equal length"),
    "DNA": ("ACGTTGCAAGCT" * 300, "stretches of equal length"),
    "Chinese": ("词元模型逐个预测语言。" * 200, "stretches of equal length"),
    "very long words": ("\n\n".join(p.replace(" ", "") * 9 for p in PARAGRAPHS), "paragraphs"),
    "some NUL bytes": ("\n\n".join(p + "\0" for p in PARAGRAPHS), "paragraphs"),
    "control characters": ("\n\n".join(p + "\x1b[2J\x07" for p in PARAGRAPHS), "paragraphs"),
    "emoji": ("\n\n".join("👩‍👩‍👧‍👦🙂 " * 5 + p for p in PARAGRAPHS), "paragraphs"),
    "a newline at the end": ("\n".join(PARAGRAPHS) + "\n", "lines"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_way_a_text_can_look_is_trained_on_and_sampled(name, capsys):
    content, way = TEXTS[name]
    Path("odd.txt").write_bytes(content.encode())
    assert run(data="odd.txt") == 0
    said = capsys.readouterr()
    assert f"was split by its {way}: " in said.out and said.err == ""
    assert sample.main(["run", content[0], "--n-new", "20"]) == 0
    assert capsys.readouterr().out.startswith(content[0])
    text = tokens.read_text("odd.txt")
    train_part, valid = next((t, v) for w, t, v in corpus.splits(text) if w == way)
    assert 0.04 * len(text) < len(valid) <= 0.1 * len(text) < len(train_part)
    if way == "lines":
        assert sorted(train_part + valid) == sorted(text)  # nothing is lost


BAD_TEXTS = {
    "UTF-16": (LINE.encode("utf-16"), "looks like UTF-16.*iconv -f UTF-16 -t UTF-8"),
    "UTF-16 without a mark": (LINE.encode("utf-16-le") * 9, "much of it is NUL.*looks like UTF-16"),
    "UTF-32": (LINE.encode("utf-32"), "looks like UTF-16|NUL"),
    "Latin-1": (b"caf\xe9\n" * 99, r"byte 3 is 0xe9.*LATIN1.*--data"),
    "half a character at the end": (b"abc \xe2\x82", "no text in UTF-8"),
    "empty": (b"", "nothing in this text but white space"),
    "white space": (b" \n\t\n\xc2\xa0" * 300, "nothing in this text but white space"),
    "a mark and no more": ("\ufeff".encode(), "give a longer text"),
    "short": (b"a b\n" * 9, "give a longer"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_text_that_cannot_be_used_gets_one_line(name, capsys):
    content, message = BAD_TEXTS[name]
    Path("bad.txt").write_bytes(content)
    assert run(data="bad.txt") == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and re.search(message, said), said
    assert "bad.txt" in said or "text" in said


@pytest.mark.parametrize("path", ["none.txt", ".", "a\0b"])
def test_a_text_that_cannot_be_read_is_named_with_the_option(path, capsys):
    assert run(data=path) == 2
    assert f"cannot read {path}: " in (said := capsys.readouterr().err) and "--data" in said


def test_the_strictest_way_is_taken_and_names_the_same_parts_as_ever():
    text = corpus.topics()
    found = list(corpus.splits(text))
    assert found[0] == ("topics", *corpus.split(text)) and found[1][0] == "paragraphs"
    assert len(found[0][1]) == 403209


def test_a_damaged_tokenizer_in_the_folder_is_learned_again():
    assert run() == 0
    path = next(Path("run").glob("tokenizer-*.json"))
    good = path.read_bytes()
    for bad in (b"", good[:20], b"[]", b"3", b'{"merges": [[1, 999]]}'):
        path.write_bytes(bad)
        assert run("--resume", "2") == 0 and path.read_bytes() == good


# --- Terminals ------------------------------------------------------------------------------------

@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "utf-8"])
def test_any_text_is_printed_on_any_terminal(encoding, capsys):
    Path("odd.txt").write_text("\n\n".join(TEXTS["emoji"][0].split("\n\n")), encoding="utf-8")
    assert run(data="odd.txt") == 0
    command = [sys.executable, "-m", "lessons.train.sample", "run", "词 🙂 é", "--n-new", "9"]
    done = subprocess.run(command, env=ENV | {"PYTHONIOENCODING": encoding}, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).startswith("词 🙂 é" if encoding == "utf-8" else "? ?")


def test_a_prompt_in_another_encoding_and_lone_surrogates(capsys):
    assert run() == 0
    capsys.readouterr()
    for prompt, shown in (("caf\udce9", "café"), ("a\ud800b", "a?b"), ("\udfff", "?"),
                          ("é\udce9", "éé")):
        assert sample.main(["run", prompt, "--n-new", "2"]) == 0
        assert capsys.readouterr().out.startswith(shown)


def test_control_characters_do_not_reach_a_terminal(capsys, monkeypatch):
    assert run() == 0
    for tty in (True, False):
        capsys.readouterr()
        monkeypatch.setattr(sys.stdout, "isatty", lambda tty=tty: tty, raising=False)
        assert sample.main(["run", "a\x1b[2Jb", "--n-new", "1"]) == 0
        assert ("\x1b" in capsys.readouterr().out) is not tty
    assert terminal.visible("é\t\n🙂\x00\x9b") == "é\t\n🙂\ufffd\ufffd"


def test_paths_that_are_no_utf8(capsysbinary):
    os.rename(b"text.txt", b"t\xfcr.txt")
    name = os.fsdecode(b"t\xfcr.txt")
    assert run(data=name, out=os.fsdecode(b"r\xfcn")) == 0
    again = ["--out", os.fsdecode(b"r\xfcn"), "--resume", "auto", "--n-steps", "5"]
    assert command.main(again) == 0
    assert b"Finished at step 5" in capsysbinary.readouterr().out


class Gone:
    """A terminal that was closed."""

    def __init__(self, works=0):
        self.works = works

    def isatty(self):
        return True

    def write(self, text):
        self.works -= 1
        if self.works < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def flush(self):
        self.write("")


def test_a_closed_terminal_loses_no_step(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Gone(works=30))
    config = TrainConfig(**tomllib.loads(TrainConfig().to_toml()) | dict(
        out="run", data="text.txt", vocab_size=258, n_positions=16, n_layers=1, n_heads=2,
        d_model=16, batch_size=4, n_steps=40, n_warmup=2, log_every=1, save_every=100,
        valid_every=100, device="cpu", tensorboard=False))
    monkeypatch.setattr(log, "tqdm", lambda **k: __import__("tqdm").tqdm(
        **k | {"file": sys.stderr, "mininterval": 0, "miniters": 1, "disable": False}))
    summary = train.train(config, say=lambda line: None)
    assert summary["step"] == 40 and len(losses("run")) == 40
    assert checkpoint.listed("run")[-1] == checkpoint.path_of("run", 40)


def test_when_nobody_listens_it_saves_and_stops(capfd):
    command = [sys.executable, "-m", "lessons.train", "--out", "run", "--data", "text.txt", *TINY,
               "--n-steps", "100000", "--valid-every", "5", "--save-every", "100000"]
    process = subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    for _ in range(3):
        process.stdout.readline()
    process.stdout.close()  # as `| head -3` does
    with process.stderr:
        said = process.stderr.read()
    assert process.wait(timeout=600) == 0
    assert said.count("\n") == 1 and "--out run --resume auto" in said
    step = log.read_metrics("run")[-1]["step"]
    assert checkpoint.listed("run")[-1] == checkpoint.path_of("run", step)


@pytest.mark.parametrize("closed", ["1", "2", "1>&- 2"])
def test_closed_outputs(closed):
    command = shlex.join([sys.executable, "-m", "lessons.train", "--out", "run", "--data",
                          "text.txt", *TINY])
    assert subprocess.run(["sh", "-c", f"{command} {closed}>&-"], env=ENV,
                          capture_output=True).returncode == 0
    assert checkpoint.listed("run")[-1] == checkpoint.path_of("run", 4)


# --- Interrupts, and going on ---------------------------------------------------------------------

def test_a_hangup_saves_and_stops_and_nohup_is_obeyed():
    command = [sys.executable, "-m", "lessons.train", "--out", "run", "--data", "text.txt", *TINY,
               "--n-steps", "100000", "--valid-every", "5", "--save-every", "100000"]
    for nohup in (False, True):
        more = ["--out", f"run{nohup}"]
        # Set in both cases: who runs these tests may have been started by nohup.
        obeyed = signal.SIG_IGN if nohup else signal.SIG_DFL
        with subprocess.Popen(
                command + more, env=ENV, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda obeyed=obeyed: signal.signal(signal.SIGHUP, obeyed)) as process:
            try:
                while not process.stdout.readline().startswith("Step 5:"):
                    assert process.poll() is None
                process.send_signal(signal.SIGHUP)
                if nohup:
                    while not process.stdout.readline().startswith("Step 50:"):
                        assert process.poll() is None
                    process.send_signal(signal.SIGTERM)
                assert "Stopped at step" in process.communicate(timeout=600)[0]
            finally:
                process.kill()  # does nothing if it has ended
        assert process.returncode == 0
        step = log.read_metrics(more[1])[-1]["step"]
        assert checkpoint.listed(more[1])[-1] == checkpoint.path_of(more[1], step)


# The moments of a new run: which function to interrupt.
MOMENTS = {"read": (tokens, "read_text"), "learn": (tokens, "train_bpe"),
           "model": (train, "Trainer"), "metrics": (train, "cut_metrics"),
           "first checkpoint": (checkpoint, "save"), "log": (train, "Log")}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_at_any_moment_is_one_line_and_the_same_run_goes_on(moment, monkeypatch, capsys):
    assert run(out="whole") == 0
    capsys.readouterr()

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*MOMENTS[moment], interrupt)
        assert run() == 130
    said = capsys.readouterr().err.splitlines()
    assert said == ["lessons.train: interrupted; go on: python -m lessons.train --out run "
                    "--resume auto"]
    assert command.main(["--out", "run", "--resume", "auto", "--n-layers", "2"]) == 2
    assert "n_layers was 1 when this run began" in capsys.readouterr().err
    assert command.main(shlex.split(said[0].split("lessons.train ")[1])) == 0
    assert same(weights("run", 4), weights("whole", 4)) and losses("run") == losses("whole")


def test_ctrl_c_while_torch_is_loaded_is_one_line():
    Path("tqdm.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\n"
                               "time.sleep(60)")
    done = subprocess.run([sys.executable, "-m", "lessons.train", "--out", "run"], env=ENV,
                          capture_output=True, text=True,
                          preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                           signal.default_int_handler))
    assert done.returncode == 130 and not Path("run").exists()
    assert done.stderr == "lessons.train: interrupted before it began\n"


def test_ctrl_c_before_the_folder_and_a_resume_of_nothing(monkeypatch, capsys):
    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(train, "only_writer", interrupt)
        assert run() == 130
    assert "before anything was written: start it again" in capsys.readouterr().err
    for out in ("never", "lock only"):
        Path("lock only").mkdir(exist_ok=True)
        Path("lock only", "lock").touch()
        assert command.main(["--out", out, "--resume", "auto", "--n-steps", "20"]) == 2
        assert f"{out} holds no run to go on with" in capsys.readouterr().err
    assert not Path("never").exists()
    assert run("--resume", "auto") == 0  # as a job script starts and restarts it


def test_the_settings_are_written_before_the_text_is_read(monkeypatch):
    monkeypatch.setattr(tokens, "read_text", lambda path: os._exit(9))
    pid = os.fork()
    if pid == 0:
        run()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    stored = tomllib.loads(Path("run", "resume.toml").read_text())
    assert stored["n_layers"] == 1 and stored["vocab_size"] == 258
    assert stored["data"] == os.path.abspath("text.txt")


def test_going_on_longer_keeps_the_schedule_unless_another_is_asked_for(capsys):
    assert run("--n-steps", "20", "--n-warmup", "2") == 0
    line = re.search(r"Go on: +python -m lessons.train (.*)", capsys.readouterr().out)[1]
    assert command.main(shlex.split(line)) == 0
    assert "The schedule ends at step 20, later steps have the learning rate 1.00e-04" in (
        capsys.readouterr().out)
    rates = [row["lr"] for row in log.read_metrics("run") if "lr" in row]
    share = schedule("cosine", 20, 2)
    assert rates == [1e-3 * share(step) for step in range(20)] + [1e-4] * 20
    # Also the one after that, and one that is stopped in between.
    assert command.main(["--out", "run", "--resume", "36", "--n-steps", "44"]) == 0
    rates = [row["lr"] for row in log.read_metrics("run") if "lr" in row]
    assert rates[20:] == [1e-4] * 24
    assert command.main(["--out", "run", "--resume", "auto", "--n-steps", "48", "--n-schedule",
                       "48"]) == 0
    share = schedule("cosine", 48, 2)
    rates = [row["lr"] for row in log.read_metrics("run") if "lr" in row]
    assert rates[44:] == [1e-3 * share(step) for step in range(44, 48)]


@pytest.mark.parametrize("n_steps, n_warmup", [("1", 0), ("10", 1), ("100", 10), ("1000", 50)])
def test_a_short_run_needs_no_other_setting(n_steps, n_warmup, monkeypatch):
    seen = []
    monkeypatch.setattr(command, "run", lambda config, here, say: seen.append(config) or exit(0))
    with pytest.raises(SystemExit):
        command.main(["--n-steps", n_steps])
    assert seen[0].n_warmup == n_warmup


def test_n_steps_10_alone_works():
    assert command.main(["--n-steps", "10"]) == 0
    assert checkpoint.listed("run")[-1] == checkpoint.path_of("run", 10)


def test_a_run_is_continued_from_another_folder(monkeypatch, capsys):
    assert run() == 0
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert command.main(["--out", "../run", "--resume", "auto", "--n-steps", "5"]) == 0


def make_old(out):
    """Rewrite a run's folder as the version before wrote it."""
    settings = Path(out, "resume.toml")
    lines = settings.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(("n_schedule", "data"))]
    settings.write_text("".join(kept) + 'data = "text.txt"\n')
    for path in checkpoint.listed(out):
        state = checkpoint.load(path)
        state["config"].pop("n_schedule", None)
        state["config"]["data"] = "text.txt"
        checkpoint.save(out, state["step"], state, keep=9)


def test_an_old_folder_goes_on_bit_for_bit(monkeypatch, capsys):
    assert run(out="whole") == 0 and run(out="old") == 0
    make_old("old")
    assert command.main(["--out", "old", "--resume", "2"]) == 0
    assert same(weights("old", 4), weights("whole", 4)) and losses("old") == losses("whole")
    make_old("old")
    assert command.main(["--out", "old", "--resume", "auto", "--n-steps", "6"]) == 0
    assert losses("old")[:4] == losses("whole") and len(losses("old")) == 6
    make_old("old")
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    capsys.readouterr()
    assert command.main(["--out", "../old", "--resume", "auto"]) == 2
    assert "cannot read text.txt: No such file" in (said := capsys.readouterr().err)
    assert "--data" in said
    assert command.main(["--out", "../old", "--resume", "auto", "--data", "../text.txt"]) == 0


# --- Shells that remember -------------------------------------------------------------------------

@pytest.mark.parametrize("size, local, words", [
    ("1", "1", "python -m"), ("2", "2", "torchrun --nproc-per-node 2 -m"),
    ("16", "8", "torchrun --nnodes 2 --nproc-per-node 8 -m"),
    ("4", "", "python -m"), ("", "4", "python -m"), ("x", "4", "python -m"),
    ("4", "0", "python -m"), ("4", "x", "python -m"),
])
def test_the_line_to_go_on_starts_as_many_processes(size, local, words, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", size)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", local)
    assert command.launcher() == f"{words} lessons.train"


@pytest.mark.parametrize("left, missing", [
    ({"RANK": "0", "WORLD_SIZE": "1"}, "MASTER_ADDR is not"), ({"RANK": "1"}, "WORLD_SIZE is not"),
    ({"WORLD_SIZE": "2"}, "RANK is not"),
    ({"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost"}, "MASTER_PORT is not"),
    ({"RANK": "x", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"},
     "RANK is no number"),
])
def test_variables_that_torchrun_left_get_one_line(left, missing, monkeypatch, capsys):
    for name, value in left.items():
        monkeypatch.setenv(name, value)
    assert run() == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and missing in said[0] and "unset RANK WORLD_SIZE" in said[0]
    assert not Path("run").exists()
