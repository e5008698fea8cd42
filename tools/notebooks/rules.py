"""What a stored notebook must be, beyond agreeing with its text: one function a rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from nbformat import NotebookNode

from lessons.widgets.registry import REGISTRY
from tools.notebooks.cells import code_cells, label
from tools.notebooks.key import module_file, parse_cell, parse_module

TAGS = {
    "save", "stub", "solution", "explorer", "quiz", "guess", "measured", "hide-input",
    "hide-cell", "hide-output", "remove-input", "remove-cell", "raises-exception",
}
#: Tags whose code the website folds or leaves out.
OUT_OF_SIGHT = {
    "explorer", "quiz", "guess", "solution", "hide-input", "hide-cell", "remove-input",
    "remove-cell",
}
MAX_LINES = 20
MAX_WIDTH = 87  # what the website shows on a screen of 1280 px; more must be scrolled sideways
GROW = "more_of"  # the one decorator that a part of a class may have: it joins the parts
MIN_ALT_WORDS = 4


def problems(nb: NotebookNode, root: Path) -> list[str]:
    """Return every broken rule of a notebook, in the words of a message."""
    said = [*_headings(nb), *_first_screen(nb)]
    for index, cell in enumerate(nb.cells):
        where = label(nb.cells, index)
        said += [f"{where}: {what}" for what in _tags(cell)]
        if cell.cell_type != "code":
            continue
        for rule in (_length, _width, _comments, _images, _streams, _errors, _addresses, _measured,
                     _widgets):
            said += [f"{where}: {what}" for what in rule(cell)]
        said += [f"{where}: {what}" for what in _saved(cell, root)]
        count = len(code_cells(nb.cells[: index + 1]))
        if cell.execution_count != count:
            said.append(f"{where}: execution count {cell.execution_count}, must be {count}; nbval "
                        "compares nothing where it is missing")
    return said


def _headings(nb: NotebookNode) -> Iterator[str]:
    read = MarkdownIt().disable("inline")  # what stands in a heading does not matter
    tokens = [token for cell in nb.cells if cell.cell_type == "markdown"
              for token in read.parse(cell.source)]
    n_titles = sum(token.type == "heading_open" and token.tag == "h1" for token in tokens)
    if n_titles != 1:
        yield f"{n_titles} level-one headings, must be one"


def _first_screen(nb: NotebookNode) -> Iterator[str]:
    """Ask a page that has figures to move for one at once: words, one fold of code, the figure."""
    kinds = []
    for cell in nb.cells:
        tags = set(cell.metadata.get("tags", []))
        if "explorer" in tags:
            break
        kinds.append("words" if cell.cell_type == "markdown" else
                     "fold" if "hide-cell" in tags and not cell.outputs else "more")
    else:
        return
    if not re.fullmatch("(words )+(fold )*", "".join(f"{kind} " for kind in kinds)):
        yield ("its first figure to move does not stand on the first screen: begin with the "
               "question, then cells tagged hide-cell that print nothing, then the explorer; a "
               "guess, code and further words come after it")


def _tags(cell: NotebookNode) -> Iterator[str]:
    for tag in sorted(set(cell.metadata.get("tags", [])) - TAGS):
        yield f"unknown tag {tag!r}; choose from {', '.join(sorted(TAGS))}"


def _length(cell: NotebookNode) -> Iterator[str]:
    n_lines = sum(bool(line.strip()) for line in cell.source.split("\n"))
    if n_lines > MAX_LINES:
        yield f"{n_lines} lines, at most {MAX_LINES}: split the cell or move code to a module"


def _width(cell: NotebookNode) -> Iterator[str]:
    if OUT_OF_SIGHT & set(cell.metadata.get("tags", [])):
        return
    for line in cell.source.split("\n"):
        if len(line) > MAX_WIDTH:
            yield f"a line of {len(line)} characters, at most {MAX_WIDTH}: {line.strip()[:40]}…"


def _comments(cell: NotebookNode) -> Iterator[str]:
    if re.search(r"^\s*#+\s*(NBVAL|PYTEST_VALIDATE)_", cell.source, re.MULTILINE):
        yield "a comment that switches nbval off; every cell is compared"


def _addresses(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        text = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
        if found := re.search(r"\bat 0x[0-9a-f]{6,}", text):
            yield f"output has a memory address ({found[0]}), another one at every run"


def _images(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        if "image/png" in output.get("data", {}):
            metadata = output.get("metadata", {})
            own = metadata.get("image/png", {}).get("alt", "") or metadata.get("alt", "")
            alt = own or cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            if len(alt.split()) < MIN_ALT_WORDS:
                yield (f"a figure without alt text of at least {MIN_ALT_WORDS} words: set "
                       "mystnb.image.alt in the cell's metadata")


def _streams(cell: NotebookNode) -> Iterator[str]:
    if any(o.output_type == "stream" and o.name == "stderr" for o in cell.outputs):
        yield "wrote to stderr; notebooks are free of warnings"


def _errors(cell: NotebookNode) -> Iterator[str]:
    meant = "raises-exception" in cell.metadata.get("tags", [])
    raised = [o.ename for o in cell.outputs if o.output_type == "error"]
    if raised and not meant:
        yield f"a stored {raised[0]}; tag the cell raises-exception if it is meant"
    if meant and not raised:
        yield "is tagged raises-exception and raised nothing"


def _measured(cell: NotebookNode) -> Iterator[str]:
    if "measured" not in cell.metadata.get("tags", []):
        return
    if any(mime.endswith("+json") for o in cell.outputs for mime in o.get("data", {})):
        yield "an explorer or a quiz cannot be measured: the site's tests compute it again"
    text = "".join(o.get("text", "") + str(o.get("data", {}).get("text/plain", ""))
                   for o in cell.outputs)
    if not re.search(r"\d", text):
        yield "is tagged measured, but shows no number"


def _widgets(cell: NotebookNode) -> Iterator[str]:
    known = {widget.mime_type for widget in REGISTRY}
    for mime in sorted({mime for o in cell.outputs for mime in o.get("data", {})} - known):
        if mime.startswith("application/vnd.lessons."):
            yield (f"shows {mime}, which has no row in src/lessons/widgets/registry.py: the "
                   "website would leave it out")


def _saved(cell: NotebookNode, root: Path) -> Iterator[str]:
    if "save" not in cell.metadata.get("tags", []):
        return
    name = cell.metadata.get("save", "")
    file = module_file(root / "src", name) if name else None
    place, _, owner = name.rpartition(".")
    if file is None and "." in place:  # lessons.engine.tensor.Tensor: a part of a class
        file = module_file(root / "src", place)
        if file is not None:
            yield from _saved_part(parse_cell(cell.source), parse_module(file), place, owner)
            return
    if file is None:
        yield f"is tagged save, but its metadata names no module (save: {name!r})"
        return
    module = definitions(parse_module(file))
    shown = definitions(parse_cell(cell.source))
    if not shown:
        yield "is tagged save, but defines no function or class"
    for short, tree in shown.items():
        if short not in module:
            yield f"defines {short!r}, which {name} does not have"
        elif tree != module[short]:
            yield f"{short!r} differs from {name}: the reader must read what the book imports"


def _saved_part(cell: ast.Module, module: ast.Module, place: str, owner: str) -> Iterator[str]:
    """Compare a cell that shows some members of a class: each must be the module's, word for word.

    A class that is too long for one cell is shown in several. The first has the plain ``class``
    line, each further one the decorator ``@more_of(TheClass)``. Nothing else may stand there, so
    that nothing can change a member afterwards.
    """
    whole = next((node for node in module.body
                  if isinstance(node, ast.ClassDef) and node.name == owner), None)
    if whole is None:
        yield f"is tagged save, but {place} has no class {owner!r}"
        return
    part = cell.body[0] if len(cell.body) == 1 else None
    if not isinstance(part, ast.ClassDef) or part.name != owner:
        yield f"shows a part of {owner}, so it must hold class {owner} and nothing else"
        return
    joined = [ast.unparse(d) for d in part.decorator_list] == [f"{GROW}({owner})"]
    if joined:
        part.decorator_list = whole.decorator_list
    whole, part = _Bare().visit(whole), _Bare().visit(part)
    if _head(part) != _head(whole):
        yield (f"class {owner} has other bases or decorators than in {place}; a further part has "
               f"@{GROW}({owner})")
    members = {ast.dump(node) for node in whole.body}
    names = {_member(node) for node in whole.body}
    for node in part.body:
        if _member(node) not in names:
            yield f"shows {_member(node)!r}, which {owner} in {place} does not have"
        elif ast.dump(node) not in members:
            yield (f"{_member(node)!r} of {owner} differs from {place}: the reader must read what "
                   "the book imports")


def _head(node: ast.ClassDef) -> list[str]:
    """Return what stands before the body of a class: bases, keywords and decorators."""
    return [ast.dump(n) for n in (*node.bases, *node.keywords, *node.decorator_list)]


def _member(node: ast.stmt) -> str:
    """Name a statement in the body of a class: a method, or what it assigns to."""
    return getattr(node, "name", None) or ast.unparse(node).partition(" = ")[0]


def definitions(tree: ast.Module) -> dict[str, str]:
    """Return functions and classes by name, without docstrings and annotations."""
    return {
        node.name: ast.dump(_Bare().visit(node)) for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


class _Bare(ast.NodeTransformer):
    """Takes docstrings and annotations away: the module has more of both than a chapter.

    The fields of a dataclass stay fields; only what they are annotated with is forgotten.
    """

    _in_class = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self._visit_body(node, in_class=False)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self._visit_body(node, in_class=True)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        self.generic_visit(node)
        if self._in_class:
            node.annotation = ast.Constant(...)
            return node
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def _visit_body(self, node: ast.FunctionDef | ast.ClassDef, in_class: bool) -> None:
        outside, self._in_class = self._in_class, in_class
        self.generic_visit(node)
        self._in_class = outside
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
