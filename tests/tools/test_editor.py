"""The folder of the editor: from pinned files or not at all."""

import hashlib
import json

import pytest

from tools.editor import assemble as editor
from tools.pyodide.sources import Unreachable

FILES = {"a@1.0/index.js": b"import {x} from '@b/c';\nexport const a = x;\n",
         "a@1.0/LICENSE": b"MIT",
         "@b/c@2.0/dist/index.js": b"// from 'nobody'\nexport const x = 1;\n",
         "@b/c@2.0/LICENSE": b"MIT"}


def pins(files=FILES):
    made = {}
    for name, data in files.items():
        package, path = editor.split(name)
        name, _, version = package.rpartition("@")
        made.setdefault(name, {"version": version, "files": {}})["files"][path] = hashlib.sha256(
            data).hexdigest()
    return made


@pytest.fixture(autouse=True)
def ours(tmp_path, monkeypatch):
    """Put a short script in place of the one that opens CodeMirror."""
    (tmp_path / "editor.js").write_text('import { a } from "a";\nexport const open = () => a;\n')
    monkeypatch.setattr(editor, "OURS", tmp_path / "editor.js")


def source(files=FILES):
    def fetch(names):
        yield from ((name, files[name]) for name in names)
    return fetch


def test_modules_import_each_other_from_the_same_folder_and_licences_travel(tmp_path):
    html, cache = tmp_path / "html", tmp_path / "cache"
    assert editor.assemble(html, cache, [source()], pins()) == ""
    folder = html / editor.FOLDER
    assert (folder / "a.js").read_text().startswith("import {x} from './b-c.js';")
    assert (folder / "b-c.js").read_text().startswith("// from 'nobody'")
    assert (folder / "editor.js").read_text().startswith('import { a } from "./a.js";')
    assert (folder / "a.LICENSE.txt").read_text() == "MIT"
    # a second time nothing is asked for
    assert editor.assemble(html, cache, [], pins()) == ""
    assert editor.assemble(tmp_path / "other", cache, [], pins()) == "", "the cache has all"


def test_a_file_with_another_sum_is_refused_and_a_text_field_serves(tmp_path):
    bad = {**FILES, "a@1.0/index.js": b"evil()"}
    line = editor.assemble(tmp_path / "html", tmp_path / "cache", [source(bad)], pins())
    start = "Code cells of the site are edited in a plain text field: a@1.0/index.js"
    assert line.startswith(start)
    assert "\n" not in line
    assert not (tmp_path / "html" / editor.FOLDER).exists()


def test_nobody_answers(tmp_path):
    def silent(names):
        raise Unreachable("the registry: no answer")
        yield

    line = editor.assemble(tmp_path / "html", tmp_path / "cache", [silent], pins())
    assert line.endswith("the registry: no answer")


def test_a_package_that_is_not_pinned_is_an_error():
    with pytest.raises(ValueError, match="imports 'd'|imports d, which"):
        editor.rewritten("import {x} from 'd';", ["a"])


def test_every_package_of_the_pins_has_its_licence():
    for name, pin in editor.PINS.items():
        assert "LICENSE" in pin["files"], name
        assert sum(path.endswith(".js") for path in pin["files"]) == 1
    assert json.loads((editor.HERE / "pins.json").read_text()) == editor.PINS
