"""What code needs that a page has not got: packages, files, processes.

Followed through the modules of the book that are imported, and through those of their functions
that are called: a function may import PyTorch, or read a file, only when it runs.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache

from lessons.live.imports import file_of, imported
from tools.pyodide.wheel import SOURCE, TORCH
from tools.website.here import files_in, not_here

WIDGETS = "lessons.widgets"  # they find out by themselves that they are in a page
Table = dict[str, tuple[str, str]]  # a name in some code: a module, and a name in that


@cache
def tree_of(module: str) -> ast.Module | None:
    """Return the syntax tree of a module of the book, or None."""
    file = file_of(module)
    return ast.parse(file.read_text(encoding="utf-8")) if file else None


@cache
def table_of(module: str) -> Table:
    """Return what the names in a module of the book stand for."""
    tree = tree_of(module)
    return imports_of(tree) if tree else {}


def imports_of(tree: ast.AST) -> Table:
    """Return for each name that code imports from the book: its module, and its name there.

    Examples
    --------
    >>> imports_of(ast.parse("from lessons import data\\nfrom lessons.engine.nn import MLP as M"))
    {'data': ('lessons.data', ''), 'M': ('lessons.engine.nn', 'MLP')}
    """
    found: Table = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SOURCE.name):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                place = (whole, "") if file_of(whole) else (str(node.module), alias.name)
                found[alias.asname or alias.name] = place
    return found


@cache
def reached_by(module: str) -> frozenset[str]:
    """Return a module, and all that the book's modules import when it is imported."""
    found, waiting = set[str](), {module}
    while waiting:
        name = waiting.pop()
        found.add(name)
        if tree := tree_of(name):
            waiting |= set(imported(iter(tree.body))) - found
    return frozenset(found)


@cache
def modules_want(module: str) -> frozenset[str]:
    """Return what the import of a module needs: packages, also those of large files."""
    modules = reached_by(module)
    found = {name.partition(".")[0] for name in modules}
    if any((file := file_of(name)) and TORCH.search(file.read_text("utf-8")) for name in modules):
        found.add("torch")
    for name in modules:
        if not name.startswith(WIDGETS) and (tree := tree_of(name)):
            found |= {name for node in tree.body if not isinstance(
                node, (ast.FunctionDef, ast.ClassDef)) for name in files_in(node)}
    return frozenset(found)


def lacks(code: ast.AST, table: Table) -> list[str]:
    """Return what some code needs that a page has not got, in the words of the page, sorted.

    It takes what `wanted` takes.

    Examples
    --------
    >>> def of(code): return lacks(ast.parse(code), imports_of(ast.parse(code)))
    >>> of("import torch"), of("import numpy, matplotlib.pyplot"), of("import optuna")
    (['PyTorch'], [], ['optuna'])
    >>> of("from lessons.gpt import model"), of("from lessons.engine import nn")
    (['PyTorch'], [])
    """
    return not_here(wanted(code, table))


def wanted(code: ast.AST, table: Table) -> set[str]:
    """Return what some code needs: packages by the names of their imports, and other things.

    Parameters
    ----------
    code
        A cell.
    table
        What the names stand for that cells of the page import from the book.

    Examples
    --------
    >>> tree = ast.parse("from lessons.studies import compare\\ncompare.interval(a)")
    >>> {"numpy", "scipy"} <= wanted(tree, imports_of(tree))
    True
    """
    seen: set[tuple[str, str]] = set()
    for place in named(code, table):
        follow(*place, seen)
    parts: list[ast.AST] = [code]
    modules = set(imported(ast.walk(code)))
    for module, entry in exercises_in(code):
        parts.append(entry)
        modules.add(module)
        for place in named(entry, table_of(module), module):
            follow(*place, seen)
    for module, name in seen:
        for body in bodies_of(module, name):
            parts.append(body)
            modules |= set(imported(ast.walk(body)))
    found = set[str]().union(*(modules_want(module) for module in modules))
    found |= {"processes" for part in parts for node in ast.walk(part)
              if isinstance(node, ast.Name) and node.id == "subprocess"}
    found |= {asked_for(node) for part in parts for node in ast.walk(part)} - {""}
    found |= {name for part in parts for name in files_in(part)}
    if any("environment_check" in name for name, _ in seen) or any(
            isinstance(node, ast.Call) and ast.unparse(node.func) == "metadata"
            for node in ast.walk(code)):
        found.add("packages")
    if any(raises_on_overflow(node) for node in ast.walk(code)):
        found.add("overflow")
    return found


def asked_for(node: ast.AST) -> str:
    """Return the package that a call asks for by its name in quotes, or "".

    Examples
    --------
    >>> def of(code): return asked_for(ast.parse(code).body[0].value)
    >>> of("importlib.import_module('gymnasium')"), of("requires('torch')"), of("f('torch')")
    ('gymnasium', 'torch', '')
    """
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return ""
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    asks = called in {"import_module", "requires"} or ast.unparse(node.func) == "resources.files"
    return str(node.args[0].value).partition(".")[0] if asks else ""


def raises_on_overflow(node: ast.AST) -> bool:
    """Tell whether code asks numpy to raise errors: WebAssembly notices no overflow.

    Examples
    --------
    >>> def of(code): return raises_on_overflow(ast.parse(code).body[0].value)
    >>> of("np.errstate(over='raise')"), of("np.errstate(all='ignore')"), of("f(x='raise')")
    (True, False, False)
    """
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and (
        node.func.attr in {"errstate", "seterr"}) and any(
        isinstance(keyword.value, ast.Constant) and keyword.value.value == "raise"
        for keyword in node.keywords)


def exercises_in(code: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield each exercise that a cell checks: the module that holds it, and its entry there."""
    for node in ast.walk(code):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                and node.func.id == "check" and node.args
                and isinstance(node.args[0], ast.Constant)):
            chapter, _, short = str(node.args[0].value).partition("/")
            module = f"{SOURCE.name}.exercises.{chapter.replace('-', '_')}"
            for part in ast.walk(tree_of(module) or ast.Module([], [])):
                if isinstance(part, ast.Call) and any(
                        keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
                        and keyword.value.value == short for keyword in part.keywords):
                    yield module, part


def named(code: ast.AST, table: Table, module: str = "") -> Iterator[tuple[str, str]]:
    """Yield the functions and classes of the book that code names: module and name."""
    tree = tree_of(module) if module else None
    own = {node.name for node in tree.body
           if isinstance(node, (ast.FunctionDef, ast.ClassDef))} if tree else set()
    values = {target.id for node in tree.body if isinstance(node, ast.Assign)
              for target in node.targets if isinstance(target, ast.Name)} if tree else set()
    for node in ast.walk(code):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            place, name = table.get(node.value.id, ("", "x"))
            if place and not name:
                yield place, node.attr
        elif isinstance(node, ast.Name):
            if node.id in own | values:
                yield module, node.id
            elif table.get(node.id, ("", ""))[1]:
                yield table[node.id]


def follow(module: str, name: str, seen: set[tuple[str, str]]) -> None:
    """Note a function or class of the book, and all others that it names."""
    if (module, name) in seen or module.startswith(WIDGETS):
        return
    seen.add((module, name))
    table = table_of(module)
    if name in table and table[name][1]:
        follow(*table[name], seen)
    for body in bodies_of(module, name):
        for place in named(body, table, module):
            follow(*place, seen)


def bodies_of(module: str, name: str) -> list[ast.AST]:
    """Return the definition of a name in a module of the book."""
    tree = tree_of(module)
    return [node for node in (tree.body if tree else ())
            if (isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name)
            or (isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == name for target in node.targets))]


def dumps(value: object) -> str:
    """Return JSON that can stand in a script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
