"""Which cells have to run before a cell, so that it gives what it gives in the printed book.

A cell in a page always gives what it would give if all cells before it had run once, in order, as
they stand now. So a cell runs again, before another one, if its text has changed, if a cell that it
needs has run again, or if some other cell has changed what it made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lessons.live import names
from lessons.live.names import Names


@lru_cache(maxsize=500)
def names_of(code: str) -> Names:
    """Return what a cell does with names; computed once for each text."""
    return names.names_of(code)


@dataclass(frozen=True)
class Part:
    """What a page's cells make of one name, as far as they have run."""

    kind: str  # "module", "function" or "value"
    is_plain: bool = False
    parts: frozenset[str] = frozenset()
    view: str = ""  # the name of which it is the same, or a part
    touched: frozenset[tuple[str, str]] = frozenset()


class Cells:
    """The cells of a page, and which of them need which.

    Parameters
    ----------
    codes : sequence of str
        The code of all cells, in order.

    Examples
    --------
    >>> cells = Cells(["import numpy as np", "rng = np.random.default_rng(0)", "a = 1",
    ...                "x = rng.normal(size=3)", "y = rng.normal(size=a)", "print(y)"])
    >>> cells.needs(5), cells.needs(2)
    ([0, 1, 2, 3, 4], [])
    """

    def __init__(self, codes: Sequence[str]):
        self.found = [names_of(code) for code in codes]
        self.known: list[dict[str, Part]] = []  # before each cell
        self.changes: list[set[str]] = []
        known: dict[str, Part] = {}
        for found in self.found:
            self.known.append(dict(known))
            self.changes.append(self._changes(found, known))
            known.update(_made_by(found, known))
        self._needed: dict[int, tuple[set[int], set[str]]] = {}

    def _changes(self, found: Names, known: dict[str, Part]) -> set[str]:
        """Return the names that a cell binds or may change, also through functions it calls."""
        now = known | _made_by(found, known)
        touched, seen, waiting = set(found.touched), set[str](), set(found.uses | found.binds)
        while waiting:
            name = waiting.pop()
            seen.add(name)
            if name in now and now[name].kind == "function":
                touched |= now[name].touched
                waiting |= now[name].parts - seen
        changed = {name for name, how in touched if _changes(how, now.get(name))}
        held = set(changed)
        while held:  # what a changed thing is made of may have changed as well
            more = {part for name in held if name in now for part in now[name].parts
                    if part in now and now[part].kind == "value"
                    and (part == now[name].view or not now[part].is_plain)} - changed
            changed |= more
            held = more
        return changed | found.binds | found.maybe

    def needs(self, cell: int) -> list[int]:
        """Return the cells that have to run before a cell, in order."""
        return sorted(self._needs(cell)[0])

    def relevant(self, cell: int) -> set[str]:
        """Return the names that a cell depends on, also through the cells that it needs."""
        return self._needs(cell)[1]

    def _needs(self, cell: int) -> tuple[set[int], set[str]]:
        if cell not in self._needed:
            needed: set[int] = set()
            waiting, seen = {(name, cell) for name in self.found[cell].uses}, set()
            while waiting:
                name, before = waiting.pop()
                seen.add((name, before))
                more = {(part, before) for part in self._parts(name, before)}
                for source in self._sources(name, before):
                    needed.add(source)
                    more |= {(used, source) for used in self.found[source].uses}
                waiting |= more - seen
            self._needed[cell] = needed, {name for name, _ in seen}
        return self._needed[cell]

    def _parts(self, name: str, before: int) -> frozenset[str]:
        part = self.known[before].get(name)
        return part.parts if part else frozenset()

    def _sources(self, name: str, before: int) -> list[int]:
        """Return the last cell that surely binds a name, and those that changed it since."""
        found = []
        for cell in range(before - 1, -1, -1):
            if name in self.changes[cell]:
                found.append(cell)
            if name in self.found[cell].binds:
                return found
        return found


def _made_by(found: Names, known: dict[str, Part]) -> dict[str, Part]:
    """Return what the names are that a cell binds, after what is known of those before."""
    made = {name: Part("module") for name in found.modules}
    for name in found.binds | found.maybe:
        if name in found.functions:
            outer, touched = found.functions[name]
            made[name] = Part("function", parts=frozenset(outer), touched=frozenset(touched))
        elif name not in made:
            same = known.get(found.same.get(name, ""))
            made[name] = Part("value", name in found.plain or (same is not None and same.is_plain),
                              frozenset(found.parts.get(name, ())), found.same.get(name, ""))
    return made


def _changes(how: str, part: Part | None) -> bool:
    """Tell whether what a cell does to a name changes what it stands for."""
    if how == "setting":
        return True
    if part is None or part.kind != "value":
        return how == "store"
    return how != "argument" or not part.is_plain


@dataclass(frozen=True)
class Ran:
    """A cell that has run: its text, when, the names it touched, and whether it came to its end."""

    code: str
    time: int
    touched: frozenset[str]
    ok: bool


_ran: dict[int, Ran] = {}


def plan(asked: dict[str, Any]) -> list[int]:
    """Return which cells have to run now before one cell can; the page asks.

    Parameters
    ----------
    asked : dict
        ``codes``, the text of all cells as it is now, and ``cell``, which one is to run.

    Examples
    --------
    >>> codes = ["a = 1", "b = 2", "print(a)"]
    >>> plan({"codes": codes, "cell": 2})
    [0]
    >>> note({"codes": codes, "cell": 0, "ok": True})
    >>> plan({"codes": codes, "cell": 2}), plan({"codes": ["a = 7", *codes[1:]], "cell": 2})
    ([], [0])
    >>> forget()
    """
    codes, cell = asked["codes"], asked["cell"]
    cells, todo = Cells(codes), list[int]()
    relevant, needed = cells.relevant(cell), cells.needs(cell)
    for each in needed:
        if not _is_fresh(each, cells, codes, relevant, todo, set(needed)):
            todo.append(each)
    return todo


def _is_fresh(cell: int, cells: Cells, codes: list[str], relevant: set[str], todo: list[int],
              needed: set[int]) -> bool:
    """Tell whether what a cell made is still what it would make now."""
    ran = _ran.get(cell)
    if ran is None or not ran.ok or ran.code != codes[cell]:
        return False
    if any(each in todo or _ran[each].time > ran.time for each in cells.needs(cell)):
        return False
    later = {each for each, other in _ran.items()
             if other.time > ran.time and other.touched & ran.touched & relevant}
    return all(each in needed and each > cell and _ran[each].ok
               and _ran[each].code == codes[each] and each not in todo
               for each in later)


def note(done: dict[str, Any]) -> None:
    """Note that a cell has run; the page tells: ``codes``, ``cell``, and whether it was ``ok``."""
    codes, cell = done["codes"], done["cell"]
    before = _ran.get(cell)
    touched = frozenset(Cells(codes[: cell + 1]).changes[cell])
    time = 1 + max((ran.time for ran in _ran.values()), default=0)
    if before is not None and before.code != codes[cell]:
        touched |= before.touched  # what the older text made may still be there
    _ran[cell] = Ran(codes[cell], time, touched, bool(done["ok"]))


def forget() -> None:
    """Forget which cells have run."""
    _ran.clear()
