"""Small repositories to build, pull and damage, and one that is built once."""

import shutil
from pathlib import Path

import pytest

from tools.notebooks.__main__ import main
from tools.notebooks.cells import dumps, load

HERE = Path(__file__).parent
ODD = "Bücher [2026] & it's 50%/book #1"  # a clone may be in any folder
RULES = '''"""Update rules."""


def step(theta: float, grad: float, lr: float) -> float:
    """Return the parameters after one step."""
    return theta - lr * grad


class Rule:
    """An update rule, kept with its learning rate."""

    kind = "descent"

    def __init__(self, lr: float):
        """Keep the learning rate."""
        self.lr = lr

    def step(self, theta: float, grad: float) -> float:
        """Return the parameters after one step."""
        return step(theta, grad, self.lr)

    def walk(self, theta, grads):
        for grad in grads:
            theta = self.step(theta, grad)
        return theta
'''


class Repository:
    """A small repository below `root`; its commands return (exit status, what was said)."""

    def __init__(self, root, capsys):
        self.root, self._capsys = root, capsys

    def run(self, *arguments):
        status = main([*arguments], self.root)
        said = self._capsys.readouterr()
        return status, said.out + said.err

    def text(self, name):
        return self.root / "text" / f"{name}.md"

    def book(self, name):
        return self.root / "book" / f"{name}.ipynb"

    def add(self, *paths):
        (self.root / "text").mkdir(exist_ok=True)
        for path in paths:
            shutil.copy(HERE / path, self.root / "text")

    def edit_text(self, name, old, new):
        before = self.text(name).read_text(encoding="utf-8")
        assert old in before
        self.text(name).write_text(before.replace(old, new, 1), encoding="utf-8")

    def damage(self, name, change):
        """Store the notebook as `change` leaves it."""
        nb = load(self.book(name))
        change(nb)
        self.book(name).write_text(dumps(nb), encoding="utf-8")


def write_package(root):
    package = root / "src" / "lessons"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "rules.py").write_text(RULES)
    (root / "requirements.txt").write_text("numpy==2\n")


@pytest.fixture
def repository(tmp_path, capsys):
    """Return a repository with a package and no chapters."""
    write_package(tmp_path)
    return Repository(tmp_path, capsys)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory):
    """Return the root of a repository with the good pages, built."""
    root = tmp_path_factory.mktemp("built") / ODD
    write_package(root)
    shutil.copytree(HERE / "good", root / "text")
    assert main(["build"], root) == 0
    return root


@pytest.fixture
def built(built_once, tmp_path, capsys):
    """Return a copy of the built repository, free to be damaged."""
    root = tmp_path / ODD
    shutil.copytree(built_once, root)
    return Repository(root, capsys)
