"""The key of a notebook: a digest of everything that can change an output.

jupyter-cache keys on the cells alone and serves an old page after a change in an imported
module. This key covers the code cells and their tags, the `lessons` modules they import,
followed through imports of imports, the data files that stand beside these modules, and the pinned
requirements. Prose is left out: a changed sentence runs no code. So are the scripts and styles of
the website: no kernel reads them.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from tools.environment import content
from tools.notebooks.cells import NotebookError, code_cells

PACKAGE = "lessons"
RULES = "2"  # raise it when the way notebooks are executed or normalised changes
_MODULE_NAME = re.compile(rf"{PACKAGE}(\.\w+)*")
_EXERCISE = re.compile(r"([a-z0-9-]+)/[a-z0-9-]+")


def parse_cell(source: str) -> ast.Module:
    """Return the syntax tree of a cell; magics become calls, nonsense an empty tree.

    What is plain Python is read as it stands: IPython takes ten times as long.

    Examples
    --------
    >>> len(parse_cell("%matplotlib inline\\nx = 1").body)
    2
    """
    for read in (str, TransformerManager().transform_cell):
        with suppress(SyntaxError):
            return ast.parse(read(source))
    return ast.Module(body=[], type_ignores=[])


def parse_module(file: Path) -> ast.Module:
    """Return the syntax tree of a module."""
    return _parse(file, file.read_text(encoding="utf-8"))


def _parse(file: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise NotebookError(f"{file}, line {error.lineno}: {error.msg}") from None


def module_names(
    nodes: Iterable[ast.AST], module: str = "", strings: bool = True
) -> Iterator[str]:
    """Yield the names under `lessons` that nodes of a tree import, also inside functions.

    With `strings`, one that is a module's full name counts too: it may reach ``import_module``.
    `module` is the dotted name of the package that relative imports start from.
    """
    for node in nodes:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")
            start = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (start, node.module) if part)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif strings and isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [node.value]
        yield from (name for name in names if _MODULE_NAME.fullmatch(name))


def exercise_modules(strings: Iterable[str]) -> Iterator[str]:
    """Yield the modules of the exercises that strings name, as in ``check("chapter/name")``.

    Examples
    --------
    >>> list(exercise_modules(["gradient-descent/one-step", "other words"]))
    ['lessons.exercises.gradient_descent']
    """
    for match in filter(None, map(_EXERCISE.fullmatch, strings)):
        yield f"{PACKAGE}.exercises.{match[1].replace('-', '_')}"


def module_file(source: Path, name: str) -> Path | None:
    """Return the file of a dotted module name below `source`, or None."""
    path = source.joinpath(*name.split("."))
    options = (path / "__init__.py", path.with_suffix(".py"))
    return next((option for option in options if option.is_file()), None)


def depends_on(names: Iterable[str], source: Path) -> set[Path]:
    """Return the files of the named modules and of all they import, and the data beside them."""
    files: set[Path] = set()
    todo, seen = list(names), set[str]()
    while todo:
        parts = todo.pop().split(".")
        for n in range(1, len(parts) + 1):  # importing a.b runs a as well
            name = ".".join(parts[:n])
            if name in seen or not (file := module_file(source, name)):
                continue
            seen.add(name)
            files.add(file)
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            todo += _imports(file, file.read_text(encoding="utf-8"), package)
    return files.union(*(data_of(folder) for folder in {file.parent for file in files}))


@cache  # most notebooks import the same modules
def _imports(file: Path, text: str, package: str) -> tuple[str, ...]:
    return tuple(module_names(ast.walk(_parse(file, text)), package))


def data_of(package: Path) -> Iterator[Path]:
    """Yield the data files of one package: in its folder, and in folders that are no packages."""
    for path in package.iterdir():
        if path.is_dir() and not (path / "__init__.py").is_file() and path.name != "__pycache__":
            yield from filter(_is_data, path.rglob("*"))
        elif path.suffix != ".py" and _is_data(path):
            yield path


def _is_data(path: Path) -> bool:
    return path.is_file() and path.suffix not in {".pyc", ".js", ".css"}


def key_of(cells: list[NotebookNode], root: Path) -> str:
    """Return the key of the notebook with these cells in the repository at `root`."""
    code = code_cells(cells)
    sha = hashlib.sha256(RULES.encode())
    for cell in code:
        sha.update(repr((cell.source, sorted(cell.metadata.get("tags", [])))).encode())
    nodes = [node for cell in code for node in ast.walk(parse_cell(cell.source))]
    strings = {node.value for node in nodes
               if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = set(module_names(nodes))
    if f"{PACKAGE}.exercises.base" in names:  # it looks for exercises by itself: any may matter
        names |= {f"{PACKAGE}.exercises.{path.stem}"
                  for path in (root / "src" / PACKAGE / "exercises").glob("[a-z]*.py")}
    names |= set(exercise_modules(strings))
    files = depends_on(names, root / "src") | _read_files(strings, root)
    for file in sorted({*files, root / "requirements.txt"}):
        sha.update(str(file.relative_to(root)).encode())
        sha.update(content(file) if file.is_file() else b"")
    return sha.hexdigest()


def _read_files(strings: Iterable[str], root: Path) -> set[Path]:
    """Return the files of the book or the package that cells name, such as a table they read."""
    folders = (root / "book", root / "src" / PACKAGE)
    paths = {s for s in strings if 0 < len(s) < 200 and s[0] != "/" and not {*s} & {"\n", "\0"}}
    files = {path.resolve() for folder in folders for s in paths if (path := folder / s).is_file()}
    return {root / f.relative_to(root.resolve()) for f in files
            if f.is_relative_to(root.resolve())}
