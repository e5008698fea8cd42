"""What a cell does with names: which it uses, which it binds, which it may change.

A cell changes what a name stands for by an assignment to a part of it, by a method, or by giving it
to a function. That is a guess on the safe side: a cell is run once too often rather than not at
all. Numbers and arrays that were just computed are plain, and so are records of studies: functions
do not change them.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SCOPES = (*FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: Modules whose functions leave their arguments as they are.
HARMLESS = {"numpy", "np", "math", "itertools", "functools", "statistics", "time", "plt",
            "matplotlib", "plots", "words", "textwrap", "string", "re", "json"}
#: Methods that leave what they belong to as it is.
READING = frozenset(re.split(r"\s+", """
    all any argmax argmin argsort astype clip copy count cumsum decode diagonal dot encode endswith
    flatten format get index item items join keys lower lstrip max mean min nonzero parameters prod
    ravel removeprefix removesuffix replace reshape round rpartition rstrip split splitlines
    squeeze startswith std strip sum swapaxes
    title tolist trace transpose upper values var zfill"""))
DRAWING = {"choice", "exponential", "integers", "normal", "permutation", "poisson", "random",
           "standard_normal", "uniform"}  # of a generator: it changes, the numbers are plain
RECORD = "record"  # the function of a study that returns what was recorded
SETTING = ("use_", "set_", "seed", "manual_seed", "simplefilter", "filterwarnings")


@dataclass
class Names:
    """What one cell does with names.

    Attributes
    ----------
    uses : set of str
        Names it takes from cells before.
    binds, maybe : set of str
        Names to which it gives a value, for sure or under a condition.
    touched : set of tuple
        Names that it may change, each with how: "store", "method", "call" or "argument".
    functions : dict
        For each function and class: names that it uses, and touches, when it is called.
    plain : set of str
        Of the names bound, those with numbers, text or arrays that were just computed.
    parts : dict
        Of the others: the names that their values were made of.
    same : dict
        Names that stand for what another one stands for, or for a part of it.
    modules : set of str
        Names bound by an import.
    """

    uses: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    maybe: set[str] = field(default_factory=set)
    touched: set[tuple[str, str]] = field(default_factory=set)
    functions: dict[str, tuple[set[str], set[tuple[str, str]]]] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    parts: dict[str, set[str]] = field(default_factory=dict)
    same: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)


def names_of(code: str) -> Names:
    """Return what a cell does with names; one with a mistake in its syntax does nothing.

    Examples
    --------
    >>> found = names_of("import numpy as np\\nx = np.ones(n)\\nnet.fit(x)\\ndef f(): return x + k")
    >>> sorted(found.uses), sorted(found.binds), sorted(found.touched)
    (['k', 'n', 'net'], ['f', 'np', 'x'], [('net', 'method'), ('np', 'method'), ('x', 'argument')])
    >>> sorted(found.functions["f"][0]), sorted(found.plain), names_of("a = (")
    (['k', 'x'], ['x'], Names(uses=set(), binds=set(), maybe=set(), touched=set(), \
functions={}, plain=set(), parts={}, same={}, modules=set()))
    """
    found = Names()
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return found
    for statement in tree.body:
        _read(statement, found, sure=True)
    found.uses -= {name for name in vars(builtins) if name not in found.binds}
    return found


def _read(node: ast.stmt, found: Names, sure: bool) -> None:
    """Note what one statement does, in the order in which Python does it."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        found.modules |= names
        return _bind(names, found, sure)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        outer = outer_names(node)
        found.functions[node.name] = outer, touched_in(node.body, local_names(node))
        found.uses |= outer - found.binds
        return _bind({node.name}, found, sure)
    blocks = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(node, "handlers", [])]
    inner = {id(each) for block in blocks for each in block}
    own = [child for child in ast.iter_child_nodes(node)
           if id(child) not in inner and not isinstance(child, ast.ExceptHandler)]
    loaded = set().union(*(outer_names(child) for child in own))
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        loaded.add(node.target.id)
    found.uses |= loaded - found.binds
    found.touched |= touched_in(own, set())
    stored = set().union(*(stored_names(child) for child in own))
    _note_values(node, stored, loaded, found)
    _bind(stored, found, sure)
    for block in blocks:
        for each in block:
            _read(each, found, sure and not isinstance(node, ast.If))


def _bind(names: set[str], found: Names, sure: bool) -> None:
    (found.binds if sure else found.maybe).update(names)


def _note_values(node: ast.stmt, stored: set[str], loaded: set[str], found: Names) -> None:
    """Note which of the names stored get plain values, and what the others are made of."""
    value = getattr(node, "value", None)
    pairs: list[tuple[set[str], ast.expr | None]] = [(stored, value)]
    if isinstance(node, ast.Assign) and isinstance(value, ast.Tuple):
        target = node.targets[0]
        if isinstance(target, ast.Tuple) and len(target.elts) == len(value.elts):
            pairs = [(stored_names(one), part) for one, part in
                     zip(target.elts, value.elts, strict=True)]
    for names, part in pairs:
        for name in names:
            if isinstance(part, ast.Lambda):
                found.functions[name] = outer_names(part), touched_in([part.body],
                                                                      local_names(part))
            elif part is not None and is_plain(part, found.plain):
                found.plain.add(name)
                view = isinstance(part, (ast.Name, ast.Subscript))
                found.parts[name] = outer_names(part) if view else set()
                if view:
                    found.same[name] = root(part)
            else:
                found.plain.discard(name)
                if isinstance(part, (ast.Name, ast.Subscript)):
                    found.same[name] = root(part)
                more = loaded if part is None else outer_names(part)
                found.parts[name] = found.parts.get(name, set()) | more - {name}


def is_plain(node: ast.expr, plain: set[str]) -> bool:
    """Tell whether a value is new numbers, text or arrays, or made of such alone.

    Examples
    --------
    >>> [is_plain(ast.parse(code, mode="eval").body, {"x"}) for code in
    ...  ["3 * y", "np.ones(3)", "x[1:]", "nn.MLP([2, 2], rng)", "[f(a) for a in y]", "rng"]]
    [True, True, True, False, True, False]
    """
    if isinstance(node, (ast.Constant, ast.BinOp, ast.Compare, ast.JoinedStr, ast.UnaryOp)):
        return True
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(is_plain(part, plain) for part in node.elts)
    if isinstance(node, ast.Dict):
        return all(is_plain(part, plain) for part in node.values)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return not _makes(node.elt)
    if isinstance(node, ast.DictComp):
        return not _makes(node.value)
    if isinstance(node, (ast.Name, ast.Subscript)):
        return root(node) in plain
    if isinstance(node, ast.IfExp):
        return is_plain(node.body, plain) and is_plain(node.orelse, plain)
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else root(node.func)
    if called == "default_rng" or called == "RandomState":
        return False
    start = root(node.func)
    return (start in HARMLESS | {"data"} or called in READING | DRAWING | {RECORD}
            or (isinstance(node.func, ast.Name) and start in vars(builtins)
                and start not in {"iter", "next", "map", "zip", "open"}))


def _makes(node: ast.expr) -> bool:
    """Tell whether an expression calls something that may return an object with a state."""
    return any(isinstance(part, ast.Call) and (_last(part.func)[:1].isupper()
                                               or _last(part.func) == "default_rng")
               for part in ast.walk(node))


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else root(node)


def root(node: ast.AST) -> str:
    """Return the name at the start of an expression such as ``a.b[0]``, or ""."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def stored_names(node: ast.AST) -> set[str]:
    """Return the names that a part of a statement binds in its own scope."""
    return {part.id for part in _walk(node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del))}


def local_names(node: ast.AST) -> set[str]:
    """Return the names that belong to a function, class or comprehension itself."""
    args = getattr(node, "args", None)
    own = {arg.arg for arg in ast.walk(args) if isinstance(arg, ast.arg)} if args else set()
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return own.union(*(stored_names(part.target) for part in node.generators))
    body = getattr(node, "body", [])
    for part in (each for statement in (body if isinstance(body, list) else [body])
                 for each in _walk(statement)):
        if isinstance(part, ast.Name) and isinstance(part.ctx, (ast.Store, ast.Del)):
            own.add(part.id)
        elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            own.add(part.name)
        elif isinstance(part, (ast.Import, ast.ImportFrom)):
            own |= {alias.asname or alias.name.partition(".")[0] for alias in part.names}
        elif isinstance(part, ast.ExceptHandler) and part.name:
            own.add(part.name)
    return own - {name for part in ast.walk(node) if isinstance(part, ast.Global)
                  for name in part.names}


def outer_names(node: ast.AST) -> set[str]:
    """Return the names that an expression, a function or a class takes from outside."""
    own = local_names(node) if isinstance(node, SCOPES) else set()
    found = set()
    for child in ast.iter_child_nodes(node):
        found |= outer_names(child)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        found.add(node.id)
    return found - own


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is in it, but not what is inside of scopes in it."""
    yield node
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def touched_in(nodes: Iterable[ast.AST], own: set[str]) -> set[tuple[str, str]]:
    """Return the names from outside that code may change, each with how."""
    found: set[tuple[str, str]] = set()
    for node in nodes:
        inner = own | local_names(node) if isinstance(node, SCOPES) else own
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            found.add((root(node), "store"))
        elif isinstance(node, ast.AugAssign):
            found.add((root(node.target), "store"))
        elif isinstance(node, ast.Call):
            found |= _touched_by(node)
        found |= touched_in(ast.iter_child_nodes(node), inner)
    return {(name, how) for name, how in found if name and name not in own}


def _touched_by(call: ast.Call) -> set[tuple[str, str]]:
    """Return the names that a call may change."""
    start, last = root(call.func), _last(call.func)
    found = set()
    if isinstance(call.func, ast.Attribute):
        if not _reads(call):
            setting = last.startswith(SETTING) and isinstance(call.func.value, ast.Name)
            found.add((start, "setting" if setting else "method"))
    elif start not in vars(builtins):
        found.add((start, "call"))
    is_drawing = start.startswith(("ax", "fig")) or start in HARMLESS
    if last == "shuffle" or not (is_drawing or _reads(call)
                                 or (isinstance(call.func, ast.Name) and start in vars(builtins))):
        how = "store" if last == "shuffle" else "argument"
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        found |= {(root(each), how) for each in given if not isinstance(each, ast.Call)}
    return found


def _reads(call: ast.Call) -> bool:
    """Tell whether a call is of a method that leaves what it belongs to as it is."""
    last = _last(call.func)
    is_of_text = any(isinstance(each, ast.Constant) and isinstance(each.value, str)
                     for each in call.args)
    return last in READING or last == "partition" and is_of_text  # an array's puts it in order
