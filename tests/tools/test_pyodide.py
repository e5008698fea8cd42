"""Pyodide's files: fetched from here or there, checked, kept, put into the site; and our wheel."""

import hashlib
import io
import json
import re
import socket
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import lessons
from lessons.live import errors
from tools.pyodide import assemble as assembling, sources
from tools.pyodide.assemble import FOLDER, PINS, assemble, gather, missing_line, sums
from tools.pyodide.wheel import (
    MOST_BYTES,
    WITHOUT_TORCH,
    large_files,
    large_wheels,
    package_of,
    wheel_of,
)
from tools.website.__main__ import main

FILES = {"pyodide.mjs": b"export 1;" * 500, "program.wasm": bytes(range(256)) * 40,
         "numpy-1.whl": b"numpy" * 100, "plots-1.whl": b"plots" * 300}
SUMS = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
PLACES = {"numpy": ("numpy-1.whl", []), "plots": ("plots-1.whl", ["NumPy"])}
FEW_PINS = {
    "version": "7.8.9", "core": {name: SUMS[name] for name in ("pyodide.mjs", "program.wasm")},
    "lock": {"info": {}, "packages": {
        name: {"file_name": file, "sha256": SUMS[file], "depends": depends}
        for name, (file, depends) in PLACES.items()}},
}


class Server(ThreadingHTTPServer):
    """A web server with files; it notes what it sends, and can be made to misbehave."""

    def __init__(self, files):
        self.files, self.asked, self.sent_bytes = files, [], 0
        self.gives_parts, self.breaks_off = True, ""
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path[1:]
        self.server.asked.append(name)
        data = self.server.files.get(name)
        if data is None:
            return self.send_error(404)
        part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if part and self.server.gives_parts:
            first, last = int(part[1]), min(int(part[2]), len(data) - 1)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            data = data[first:last + 1]
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if name == self.server.breaks_off:
            data = data[: len(data) // 2]
        self.server.sent_bytes += len(data)
        self.wfile.write(data)
        return None

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    """Return a function that serves a dictionary of files on this machine."""
    servers = []

    def start(files):
        servers.append(Server(files))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def box(files, ballast=0):
    """Return a wheel with these files in the folder of Pyodide, and bytes that nobody wants."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(sources.INSIDE + name, data)
        archive.writestr(zipfile.ZipInfo("ballast"), b"x" * ballast)
    return written.getvalue()


def from_box(server):
    return sources.from_wheel(lambda: server.address + "box.whl")


def test_the_first_source_that_answers_is_used_and_the_cache_afterwards(serve, tmp_path, capsys):
    good = serve(FILES)
    assert gather(tmp_path, SUMS, [sources.from_folder(good.address), pytest.fail]) == ""
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == FILES
    assert capsys.readouterr().out.startswith("Fetching 4 files of Pyodide, once:")
    assert gather(tmp_path, SUMS, [pytest.fail]) == ""
    assert sorted(good.asked) == sorted(FILES), "each file once"
    assert capsys.readouterr().out == ""


def test_what_no_distribution_has_comes_from_where_pip_finds_it(serve, tmp_path, monkeypatch):
    data = {"moon_lander-2.1-py3-none-any.whl": b"pure"}
    pure, asked = serve(data), []

    def address(requirement):
        asked.append(requirement)
        return pure.address + next(iter(data))

    monkeypatch.setattr(sources, "wheel_address", address)
    wanted = {name: hashlib.sha256(text).hexdigest() for name, text in data.items()}
    assert gather(tmp_path, wanted, [sources.from_registry]) == ""
    assert asked == ["moon_lander==2.1"]
    assert (tmp_path / next(iter(data))).read_bytes() == b"pure"
    wrong = dict.fromkeys(wanted, "0" * 64)
    assert "SHA-256 sum: refused" in gather(tmp_path, wrong, [sources.from_registry])


def test_a_package_of_no_distribution_is_the_release_that_the_book_asks_for():
    asked = Path(__file__).parents[2].joinpath("requirements.txt").read_text("utf-8")
    assert f"gymnasium=={PINS['registry']['gymnasium']['version']} " in asked
    assert all(entry["file_name"].endswith("-py3-none-any.whl")
               for entry in PINS["registry"].values())


def test_what_the_cache_lacks_or_has_wrong_is_fetched_alone(serve, tmp_path):
    good = serve(FILES)
    gather(tmp_path, SUMS, [sources.from_folder(good.address)])
    (tmp_path / "numpy-1.whl").write_bytes(b"damaged")
    good.asked.clear()
    assert gather(tmp_path, SUMS, [sources.from_folder(good.address)]) == ""
    assert good.asked == ["numpy-1.whl"]
    assert (tmp_path / "numpy-1.whl").read_bytes() == FILES["numpy-1.whl"]


def test_a_wheel_gives_single_files_without_the_rest(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "STEP_BYTES", 4096)
    wheel = serve({"box.whl": box(FILES, ballast=1_000_000)})
    assert gather(tmp_path, SUMS, [from_box(wheel)]) == ""
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == FILES
    assert wheel.sent_bytes < 200_000


@pytest.mark.parametrize("damage, said", [
    (lambda server: server.files.update({"numpy-1.whl": b"other"}),
     "numpy-1.whl does not have its pinned SHA-256 sum: refused"),
    (lambda server: server.files.pop("numpy-1.whl"), "the official distribution: HTTP Error 404"),
    (lambda server: setattr(server, "breaks_off", "numpy-1.whl"),
     "the official distribution: IncompleteRead"),
], ids=["wrong", "absent", "cut off"])
def test_what_is_wrong_absent_or_cut_off_is_refused_and_the_next_source_asked(
        serve, tmp_path, damage, said):
    bad, wheel = serve(dict(FILES)), serve({"box.whl": box(FILES)})
    damage(bad)
    reason = gather(tmp_path, SUMS, [sources.from_folder(bad.address)])
    assert reason.startswith(said) and "\n" not in reason
    assert not (tmp_path / "numpy-1.whl").exists()
    assert {p.name for p in tmp_path.iterdir()} <= set(FILES), "no half of a file either"
    assert gather(tmp_path, SUMS, [sources.from_folder(bad.address), from_box(wheel)]) == ""
    assert (tmp_path / "numpy-1.whl").read_bytes() == FILES["numpy-1.whl"]


@pytest.mark.parametrize("damage, said", [
    (lambda server: server.files.update({"box.whl": box({**FILES, "numpy-1.whl": b"other"})}),
     "numpy-1.whl does not have its pinned"),
    (lambda server: server.files.update({"box.whl": box({"numpy-1.whl": b""})}),
     "the package registry: "),
    (lambda server: server.files.update({"box.whl": b"no archive at all"}),
     "the package registry: File is not a zip file"),
    (lambda server: setattr(server, "gives_parts", False),
     "the package registry: it does not give parts of a file"),
    (lambda server: setattr(server, "breaks_off", "box.whl"), "the package registry: Incomplete"),
], ids=["wrong", "lacks a file", "no wheel", "whole only", "cut off"])
def test_a_wheel_that_is_not_as_it_should_be(serve, tmp_path, damage, said):
    wheel = serve({"box.whl": box(FILES)})
    damage(wheel)
    reason = gather(tmp_path, SUMS, [from_box(wheel)])
    assert reason.startswith(said) and "\n" not in reason


def test_a_host_that_does_not_answer_costs_some_seconds_only(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        reason = gather(tmp_path, SUMS, [sources.from_folder(address, answer_s=0.2)])
    assert reason == "the official distribution: timed out"


def test_pip_that_finds_nothing_is_said_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sources.environment, "pip_variables", lambda python: {
        "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "PATH": "/usr/bin"})
    source = sources.from_wheel(lambda: sources.wheel_address("nosuch==1"))
    reason = gather(tmp_path, SUMS, [source])
    assert reason.startswith("the package registry: pip finds no nosuch==1 (")
    assert "\n" not in reason


@pytest.fixture
def built(serve, tmp_path):
    """Return a function that assembles a site of few files, from a server that can be changed."""
    server = serve(dict(FILES))

    def build():
        line = assemble(tmp_path / "html", tmp_path / "cache",
                        [sources.from_folder(server.address)], FEW_PINS)
        return line, tmp_path / "html" / FOLDER

    build.server = server
    return build


def test_the_folder_of_the_site_and_its_sizes(built):
    line, folder = built()
    assert line == ""
    manifest = json.loads((folder / "manifest.json").read_text())
    inside = folder / manifest["folder"]
    for name, data in FILES.items():
        assert (inside / name).read_bytes() == data
    assert "Mozilla Public" in (inside / "NOTICE.txt").read_text()
    lock = json.loads((inside / manifest["lock"]).read_text())["packages"]
    for package in lock.values():
        assert hashlib.sha256((inside / package["file_name"]).read_bytes()).hexdigest() \
            == package["sha256"]
    large = [package_of(path) for path in large_files()]
    assert set(lock) == {"numpy", "plots", "lessons", *large} and len(set(large)) == len(large)
    sets = manifest["sets"]
    assert sets["start"]["packages"] == ["lessons", "numpy"]
    assert sets["plots"]["packages"] == ["plots"] and sets["plots"]["bytes"] == 1500
    whole = sum(path.stat().st_size for path in inside.iterdir()
                if not path.name.startswith(("lock", "NOTICE", "plots", "lessons_")))
    assert sets["start"]["sent"] < sets["start"]["bytes"] == whole
    assert not missing_line(folder.parents[1])
    assert sorted(manifest["files"].values()) == sorted(large)
    for path, name in manifest["files"].items():
        wheel = inside / lock[name]["file_name"]
        assert path in inside_wheel(wheel) - inside_wheel(inside / lock["lessons"]["file_name"])
        assert sets[name]["packages"] == [name]
        assert sets[name]["sent"] == sets[name]["bytes"] == wheel.stat().st_size


def test_what_a_large_package_brings_counts_once():
    packages = assembling.lock_with({"lessons-1-py3-none-any.whl": b""}, PINS)["packages"]
    files = {package["file_name"]: b"x" for package in packages.values()}
    found = {name: set_ for name, set_ in assembling.sizes(packages, [], files).items()
             if name in {"start", *assembling.LATE}}
    counted = [name for set_ in found.values() for name in set_["packages"]]
    assert sorted(counted) == sorted(packages), "every package in one of them"
    assert found["scipy"]["packages"] == ["scipy"]
    assert [len(set_["packages"]) for set_ in found.values()] == [
        set_["sent"] for set_ in found.values()]


def test_the_starter_says_the_sizes_of_what_comes_late():
    names = ("start", *assembling.LATE, "lessons-spoken-digits")
    sets = {name: {"sent": 1_500_000} for name in (*names, "pytz")}
    said = re.search(r"const SIZES = (.*?);", assembling.starter(sets).decode())[1]
    assert json.loads(said) == dict.fromkeys(names, 1.5)


def inside_wheel(path):
    """Return the files of the package that a wheel holds."""
    with zipfile.ZipFile(path) as wheel:
        return {name.removeprefix("lessons/") for name in wheel.namelist()}


def test_nothing_is_done_twice_and_a_change_makes_a_new_key(built, monkeypatch):
    _, folder = built()
    stamps = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert built()[0] == ""
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == stamps
    key = json.loads((folder / "manifest.json").read_text())["key"]
    monkeypatch.setattr(assembling, "wheel_of", lambda: ("lessons-9-00-py3-none-any.whl", b"new"))
    assert built()[0] == ""
    assert json.loads((folder / "manifest.json").read_text())["key"] != key
    assert len(list(folder.glob("*/lessons-*.whl"))) == 1, "the one before is gone"


def test_a_site_without_the_files_says_so_in_one_line_and_mends_itself(built):
    built.server.files.pop("plots-1.whl")
    line, folder = built()
    assert line.startswith("The site is built without Python in its pages: the official")
    assert "\n" not in line
    assert missing_line(folder.parents[1]) == line
    assert [p.name for p in folder.iterdir() if p.is_dir()] == []
    built.server.files.update(FILES)
    assert built()[0] == "" and missing_line(folder.parents[1]) == ""


def test_a_cache_that_cannot_be_written_is_no_crash(built, tmp_path):
    (tmp_path / "cache").write_text("a file")
    line, _ = built()
    assert re.search(r"without Python in its pages: .*/cache cannot be written: \w", line)


def test_without_any_source_the_line_says_so(tmp_path):
    assert gather(tmp_path, SUMS, []) == "no source has pyodide.mjs"


def test_make_book_builds_the_site_all_the_same(monkeypatch, capsys):
    monkeypatch.setattr("tools.website.__main__.build", lambda: True)
    monkeypatch.setattr("tools.website.__main__.assemble", lambda html: "No Python: why")
    assert main(["build"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "No Python: why"


def test_the_cache_is_outside_of_the_book(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert assembling.cache_folder() == tmp_path / "training-large-models/pyodide/314.0.3"
    assert PINS["version"] == assembling.cache_folder().name


def test_every_pin_is_a_sum_and_every_need_is_pinned():
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in sums().values())
    packages = assembling.pinned()
    assert set(assembling.LATE) == {
        key for key, entry in packages.items() if set(entry["imports"]) & set(errors.LATE)}
    needs = {name.lower() for package in packages.values() for name in package["depends"]}
    assert needs <= set(packages) >= {"numpy", *assembling.LATE}
    assert len(sums()) == len(packages) + 4


def test_the_wheel_is_the_package_and_the_same_every_time(tmp_path):
    name, data = wheel_of()
    assert (name, data) == wheel_of()
    assert name.startswith(f"lessons-{lessons.__version__}-0")
    assert len(data) < 1_400_000  # half of it are the records of the studies
    path = tmp_path / name
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.read("lessons/gpt/model.py") == WITHOUT_TORCH
    assert "lessons/engine/nn.py" in names and "lessons/data/models.csv" in names
    assert not [n for n in names if n.endswith((".js", ".css", ".pyc"))]
    assert all(n.startswith("lessons/studies/") for n in names if n.endswith(".json"))
    assert "lessons/studies/algorithms/record.json" in names  # 0.4 MB
    assert [n for n in names if n.endswith(".npz")] == ["lessons/data/digits.npz"]
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet",
               "--target", str(tmp_path / "there"), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    code = "import lessons.engine.nn as nn; print(nn.__file__, nn.he_std(50))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "there", text=True,
                          env={"PYTHONPATH": str(tmp_path / "there")}, capture_output=True)
    assert done.stdout.split() == [str(tmp_path / "there/lessons/engine/nn.py"), "0.2"]


def test_a_large_file_comes_in_a_package_and_one_that_is_too_large_in_none(tmp_path):
    path = tmp_path / "some_sounds.npz"
    path.write_bytes(b"x" * MOST_BYTES)
    assert package_of(path) == "lessons-some-sounds"
    path.write_bytes(b"x" * (MOST_BYTES + 1))
    assert package_of(path) == ""
    assert large_files(tmp_path) == [path] and large_wheels(tmp_path) == {}


def test_another_content_gives_the_wheel_another_name(tmp_path):
    package = tmp_path / "lessons"
    package.mkdir()
    (package / "__init__.py").write_text("a = 1\n")
    name, _ = wheel_of(package)
    (package / "__init__.py").write_text("a = 2\n")
    assert wheel_of(package)[0] != name
