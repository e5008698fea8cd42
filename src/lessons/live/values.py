"""Values as IPython shows them: what a cell's last expression looks like in a notebook.

A page's Python has no IPython. Containers are broken into lines as IPython's printer breaks them.
"""

import inspect
from collections import deque
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, FunctionType
from typing import Any

WIDTH = 79  # columns of a line
MOST_ITEMS = 1000  # of a container; "..." stands for the others
DEEPEST = 60  # containers in containers


class Group:
    """What is broken into lines together: how deep it is, and its places that wait."""

    def __init__(self, depth: int):
        self.depth, self.n_places, self.is_broken = depth, 0, False


class Printer:
    """Text that is broken into lines where a group of values does not fit into one.

    A group that is too long is broken at all its places, an outer group before those inside. As in
    IPython, a group that has no place yet when something inside it is broken counts as broken.
    """

    def __init__(self) -> None:
        self.out: list[str] = []
        self.column = self.indent = self.n_waiting = 0
        self.waiting: deque[str | tuple[Group, int]] = deque()  # texts; places with their indent
        self.whole: list[list[Group]] = []  # groups that are not broken, by their depth
        self.open: list[Group] = []
        self.running: set[int] = set()  # containers that are being written

    def text(self, text: str) -> None:
        """Add characters that stay together."""
        if self.waiting:
            self.waiting.append(text)
            self.n_waiting += len(text)
            self._fit()
        else:
            self.out.append(text)
            self.column += len(text)

    def place(self) -> None:
        """Add a place where the present group may be broken."""
        if self.open[-1].is_broken:
            return self.line()
        self.open[-1].n_places += 1
        self.waiting.append((self.open[-1], self.indent))
        self.n_waiting += 1
        self._fit()

    def line(self) -> None:
        """Begin a new line whatever fits."""
        while self.waiting:
            self._pass_on()
        self._new_line(self.indent)

    def _new_line(self, indent: int) -> None:
        self.out.append("\n" + " " * indent)
        self.column = indent

    def _pass_on(self) -> None:
        """Write a text, or a place: as a space or, in a broken group, as a new line."""
        piece = self.waiting.popleft()
        if isinstance(piece, tuple):
            self.n_waiting -= 1
            group, indent = piece
            group.n_places -= 1
            if group.is_broken:
                return self._new_line(indent)
            if not group.n_places:
                self._forget(group)
            piece = " "
        else:
            self.n_waiting -= len(piece)
        self.out.append(piece)
        self.column += len(piece)

    def _forget(self, group: Group) -> None:
        if group in self.whole[group.depth]:
            self.whole[group.depth].remove(group)

    def _fit(self) -> None:
        """Break groups, the outermost first, while the line is too long."""
        while self.column + self.n_waiting > WIDTH and self._break_one():
            pass

    def _break_one(self) -> bool:
        """Break the outermost group that has places; return whether there was one."""
        for groups in self.whole:
            found = next((group for group in reversed(groups) if group.n_places), None)
            if found:
                groups.remove(found)
                found.is_broken = True
                while found.n_places:
                    self._pass_on()
                while self.waiting and isinstance(self.waiting[0], str):
                    self._pass_on()
                return True
            for group in groups:
                group.is_broken = True
            groups.clear()
        return False

    def begin(self, start: str = "") -> None:
        """Begin a group."""
        self.text(start)
        group = Group(len(self.open) + 1)
        self.whole += [[] for _ in range(group.depth + 1 - len(self.whole))]
        self.whole[group.depth].append(group)
        self.open.append(group)
        self.indent += len(start)

    def end(self, start: str = "", end: str = "") -> None:
        """End the group that began with `start`."""
        self.indent -= len(start)
        group = self.open.pop()
        if not group.n_places:
            self._forget(group)
        self.text(end)

    def container(self, value: Any, start: str, end: str, write: Iterable[Callable]) -> None:
        """Write the items of a container between brackets."""
        self.begin(start)
        self.running.add(id(value))
        for i, each in enumerate(write):
            if i:
                self.text(",")
                self.place()
            if i == MOST_ITEMS:
                self.text("...")
                break
            each()
        self.running.discard(id(value))
        self.end(start, end)

    def lines(self, lines: list[str]) -> None:
        """Write lines as they are."""
        self.begin()
        for i, line in enumerate(lines):
            if i:
                self._break_one()
                self.line()
            self.text(line)
        self.end()

    def value(self, value: Any) -> None:
        """Write any value."""
        kind = type(value)
        base = next((b for b in (dict, list, tuple, set, frozenset)
                     if isinstance(value, b) and kind.__repr__ is b.__repr__), None)
        if base is None:
            return self.lines(plain(value).splitlines())
        if base in (set, frozenset) and not value:
            return self.text(f"{kind.__name__}()")
        brackets = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}"), set: ("{", "}")}
        start, end = brackets.get(base, (f"{kind.__name__}({{", "})"))
        if base is set and kind is not set:
            start, end = f"{kind.__name__}({{", "})"
        if id(value) in self.running or len(self.open) > DEEPEST:
            return self.text(f"{start}...{end}")
        if base is dict:
            return self.container(value, start, end, (
                lambda k=k, v=v: self.pair(k, v) for k, v in value.items()))
        items = in_order(value) if base in (set, frozenset) else value
        self.container(value, start, ",)" if base is tuple and len(value) == 1 else end,
                       (lambda item=item: self.value(item) for item in items))

    def pair(self, key: Any, value: Any) -> None:
        """Write an item of a dict."""
        self.value(key)
        self.text(": ")
        self.value(value)


def in_order(values: Iterable[Any]) -> list[Any]:
    """Return the members of a set, sorted: by themselves, or else by their text.

    Examples
    --------
    >>> in_order({3, 1, 2}), in_order({"a", 1})
    ([1, 2, 3], [1, 'a'])
    """
    found = list(values)
    if len(found) >= MOST_ITEMS:
        return found
    try:
        return sorted(found)
    except Exception:
        try:
            return sorted(found, key=str)
        except Exception:
            return found


def plain(value: Any) -> str:
    """Return what IPython writes for a value that is no container.

    Examples
    --------
    >>> plain(lambda x: x), plain(int), plain(Printer)
    ('<function lessons.live.values.<lambda>(x)>', 'int', 'lessons.live.values.Printer')
    """
    kind = type(value)
    if isinstance(value, type) and kind.__repr__ is type.__repr__:
        within = value.__module__ in (None, "builtins", "exceptions")
        return value.__qualname__ if within else f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, FunctionType | BuiltinFunctionType):
        module = value.__module__
        name = value.__qualname__ if module in (None, "builtins") else (
            f"{module}.{value.__qualname__}")
        try:
            return f"<function {name}{inspect.signature(value)}>"
        except (TypeError, ValueError):
            return f"<function {name}>"
    if kind.__repr__ is object.__repr__:
        return f"<{kind.__module__}.{kind.__qualname__} at {id(value):#x}>"
    return repr(value)


def pretty(value: Any) -> str:
    """Return a value as the output of a notebook's cell shows it.

    Examples
    --------
    >>> print(pretty({"loss": [0.5, 0.25, 0.125, 0.0625], "accuracy": [0.625, 0.75, 0.875, 1.0]}))
    {'loss': [0.5, 0.25, 0.125, 0.0625],
     'accuracy': [0.625, 0.75, 0.875, 1.0]}
    """
    printer = Printer()
    printer.value(value)
    while printer.waiting:
        printer._pass_on()
    return "".join(printer.out)
