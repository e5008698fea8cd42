"""A checkpoint is whole or not there: after kills, on full disks, and with damaged files."""

import hashlib
import json
import os
import pickle
import resource
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from lessons import files
from lessons.train import checkpoint
from lessons.train.checkpoint import CheckpointError


def state(n=1000, value=1.0):
    return {"model": {"w": torch.full((n,), value)}, "config": {"lr": 0.1}}


def names(folder):
    return sorted(p.name for p in Path(folder, "checkpoints").iterdir())


def content(folder):
    return {p.name: p.read_bytes() for p in Path(folder, "checkpoints").iterdir()}


@contextmanager
def full_disk(n_bytes):
    """Let no file grow beyond `n_bytes`, which fails as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_saved_is_loaded(tmp_path):
    path = checkpoint.save(tmp_path, 7, state())
    loaded = checkpoint.load(path)
    assert loaded["step"] == 7 and loaded["config"] == {"lr": 0.1}
    assert torch.equal(loaded["model"]["w"], state()["model"]["w"])


def test_the_last_line_is_the_sha256_and_torch_reads_the_rest(tmp_path):
    path = checkpoint.save(tmp_path, 1, state())
    data, last = path.read_bytes()[:-73], path.read_bytes()[-73:]
    assert last == f"\nsha256 {hashlib.sha256(data).hexdigest()}\n".encode()
    assert torch.equal(torch.load(path, weights_only=True)["model"]["w"], state()["model"]["w"])


def test_the_newest_are_kept(tmp_path):
    for step in (0, 5, 10, 100, 99_999_999, 100_000_000):
        checkpoint.save(tmp_path, step, state(), keep=3)
    assert [checkpoint.step_of(p) for p in checkpoint.listed(tmp_path)] == [
        100, 99_999_999, 100_000_000]
    checkpoint.save(tmp_path, 200, state(), keep=1)  # later ones are another branch's
    assert [checkpoint.step_of(p) for p in checkpoint.listed(tmp_path)] == [
        200, 99_999_999, 100_000_000]


def test_the_disk_has_the_content_before_the_name_and_both_before_anything_is_deleted(
        tmp_path, monkeypatch):
    checkpoint.save(tmp_path, 1, state())
    seen = []

    def note(module, name, what):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, **k: (seen.append(what(*a)), real(*a, **k))[1])

    def is_folder(descriptor):
        return stat.S_ISDIR(os.fstat(descriptor).st_mode)

    note(os, "fsync", lambda fd: "sync folder" if is_folder(fd) else "sync")
    note(os, "replace", lambda a, b: "rename" if os.path.dirname(a) == os.path.dirname(b) else "?")
    note(Path, "unlink", lambda path, **k: f"delete {path.name}")
    checkpoint.save(tmp_path, 2, state(), keep=1)
    assert seen == ["sync", "rename", "sync folder", "delete step-00000001.pt"]


def damage(path, how):
    data = path.read_bytes()
    if how == "empty":
        data = b""
    elif how == "cut":
        data = data[: len(data) // 2]
    elif how == "cut in the last line":
        data = data[:-3]
    elif how == "one bit":
        middle = len(data) // 2
        data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    elif how == "longer":
        data += b"more"
    elif how == "a text":
        data = b"my notes\n"
    elif how == "a torch file":
        torch.save({"model": {}}, path)
        return
    elif how == "another format":
        return checkpoint.save(path.parents[1], checkpoint.step_of(path), {"format": "other"})
    elif how == "code":
        data = pickle.dumps(print)
        data += f"\nsha256 {hashlib.sha256(data).hexdigest()}\n".encode()
    elif how == "a folder":
        path.unlink()
        path.mkdir()
        return
    elif how == "missing":
        path.unlink()
        return
    path.write_bytes(data)


DAMAGES = {"empty": "cut off", "cut": "cut off", "cut in the last line": "cut off",
           "one bit": "is damaged", "longer": "cut off", "a text": "no checkpoint",
           "a torch file": "no checkpoint", "another format": "no checkpoint of this version",
           "code": "something else", "a folder": "directory"}


@pytest.mark.parametrize("how", [*DAMAGES, "missing"])
def test_a_damaged_file_is_named_and_never_loaded(how, tmp_path):
    path = checkpoint.save(tmp_path, 3, state())
    damage(path, how)
    with pytest.raises(CheckpointError, match=DAMAGES.get(how, "No such file")) as caught:
        checkpoint.load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("how", DAMAGES)
def test_the_one_before_a_damaged_file_is_used_and_said(how, tmp_path):
    for step in (1, 2, 3):
        checkpoint.save(tmp_path, step, state(value=step))
    damage(checkpoint.path_of(tmp_path, 3), how)
    lines = []
    path, loaded = checkpoint.newest(tmp_path, lines.append)
    assert path == checkpoint.path_of(tmp_path, 2) and loaded["model"]["w"][0] == 2
    assert len(lines) == 1 and "step-00000003.pt" in lines[0] and "step 2" in lines[0]


class Code:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_code_in_a_whole_file_does_not_run(tmp_path):
    path = checkpoint.save(tmp_path, 1, {"model": Code(tmp_path / "ran")})
    with pytest.raises(CheckpointError, match="something else"):
        checkpoint.load(path)
    assert not (tmp_path / "ran").exists()
    torch.load(path, weights_only=False)
    assert (tmp_path / "ran").exists()


def test_no_whole_file_is_an_error_and_no_file_is_a_new_run(tmp_path):
    assert checkpoint.newest(tmp_path) == (None, None)
    damage(checkpoint.save(tmp_path, 3, state()), "cut")
    with pytest.raises(CheckpointError, match="no checkpoint in .* is whole"):
        checkpoint.newest(tmp_path)


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    checkpoint.save(tmp_path, 1, state())
    others = {"step-final.pt", "notes.tmp", "step-00000001.pt.aside"}
    for name in others:
        Path(tmp_path, "checkpoints", name).write_text("mine")
    checkpoint.save(tmp_path, 2, state(), keep=1)
    assert set(names(tmp_path)) == others | {"step-00000002.pt"}


def test_setting_aside_overwrites_nothing(tmp_path):
    for value in (1, 2, 3):
        for step in (1, 2):
            checkpoint.save(tmp_path, step, state(value=value))
        checkpoint.set_aside(tmp_path, 1)
    kept = [Path(tmp_path, "checkpoints", "step-00000002.pt.aside" + n) for n in ("", "2", "3")]
    assert [checkpoint.load(path)["model"]["w"][0].item() for path in kept] == [1, 2, 3]
    assert names(tmp_path) == ["step-00000001.pt", *(path.name for path in kept)]


@pytest.mark.parametrize("n_bytes", [0, 100, 10_000, 400_000])
def test_a_full_disk_is_said_and_breaks_nothing(n_bytes, tmp_path):
    checkpoint.save(tmp_path, 1, state())
    before = content(tmp_path)
    with full_disk(n_bytes), pytest.raises(CheckpointError) as caught:
        checkpoint.save(tmp_path, 2, state(n=100_000))
    said = str(caught.value)
    assert "cannot write" in said and "step-00000002.pt" in said and "too large" in said
    assert "step-00000001.pt" in said and "--resume auto" in said
    assert content(tmp_path) == before


def test_a_disk_that_is_full_at_the_last_byte(tmp_path):
    n_bytes = checkpoint.save(tmp_path, 1, state()).stat().st_size
    before = content(tmp_path)
    with full_disk(n_bytes - 1), pytest.raises(CheckpointError, match="cannot write"):
        checkpoint.save(tmp_path, 1, state(value=2.0))  # the same step again
    assert content(tmp_path) == before
    with full_disk(n_bytes):
        checkpoint.save(tmp_path, 1, state(value=2.0))
    assert checkpoint.load(checkpoint.path_of(tmp_path, 1))["model"]["w"][0] == 2


def test_a_folder_that_cannot_be_written(tmp_path):
    Path(tmp_path, "checkpoints").write_text("in the way")
    with pytest.raises(CheckpointError, match="There is none before it"):
        checkpoint.save(tmp_path, 1, state())


def test_a_mistake_of_the_caller_is_not_called_a_full_disk(tmp_path):
    with pytest.raises(AttributeError):
        checkpoint.save(tmp_path, 1, {"model": lambda: None})
    assert names(tmp_path) == []


def test_write_atomically_keeps_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fails(file):
        file.write(b"new")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.write_atomically(path, fails)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


# One process that has torch loaded forks children that save without end, and kills them.
KILLS = """
import json, os, random, signal, struct, sys, time
import torch
from lessons.train import checkpoint

folder, n_kills = sys.argv[1], int(sys.argv[2])
state = {"w": torch.zeros(250_000)}  # 1 MB
rng, n_half, counts, lost, broken, last = random.Random(0), 0, [], 0, 0, 0
for _ in range(n_kills):
    reads, writes = os.pipe()
    pid = os.fork()
    if pid == 0:
        for step in range(last + 1, last + 10_000):
            checkpoint.save(folder, step, state, keep=2)
            os.write(writes, struct.pack("q", step))
    os.close(writes)
    data = os.read(reads, 8)  # one is saved
    time.sleep(rng.uniform(0, 0.03))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while piece := os.read(reads, 65536):
        data += piece
    os.close(reads)
    said = struct.unpack("q", data[-8:])[0]
    listed = checkpoint.listed(folder)
    for path in listed:
        try:
            checkpoint.load(path)
        except checkpoint.CheckpointError as error:
            broken += 1
    last = checkpoint.step_of(listed[-1])
    lost += last < said
    counts.append(len(listed))
    n_half += any(name.endswith(".tmp") for name in os.listdir(os.path.join(folder, "checkpoints")))
print(json.dumps({"broken": broken, "lost": lost, "counts": counts, "half": n_half}))
"""


def test_no_kill_breaks_or_loses_a_checkpoint(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLS, str(tmp_path), "60"], check=True,
                          capture_output=True, text=True)
    seen = json.loads(done.stdout)
    assert seen["broken"] == 0 and seen["lost"] == 0
    assert set(seen["counts"]) <= {1, 2, 3}  # 3: killed before the oldest was deleted
    assert seen["half"] > 5  # the kills did come in the middle
    checkpoint.save(tmp_path, 10**7, state(), keep=1)
    assert names(tmp_path) == ["step-10000000.pt"]  # nothing half is left
