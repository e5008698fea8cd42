"""What counts as a figure in the prose of a page, and what a reader sees of it."""

import re
from collections.abc import Iterable, Iterator

_NAMES = ("Llama", "LLaMA", "Nemotron", "Qwen", "Python", "PyTorch", "TensorFlow", "opacus", "TPU",
          "record", "stage", "chapter", "section", "level", "wav2vec")
_NAME = re.compile(rf"\b(?:{'|'.join(_NAMES)}) v?\d+(?:\.\d+)*")
_CITE = re.compile(r"\{cite(?::[pt])?\}`([^`]*)`")
_YEAR = re.compile(r"(?<![\d,.])(?:1[6-9]|20)\d\d(?![\d%]|[.,]\d)")
_FIGURE = re.compile(r"(?<![\w.,\-–/^])\d(?:[\d,]*\d)?(?:\.\d+)?")
_FENCE = re.compile(r"^(`{3,})(?!\{(?:list-table|admonition|note|tip)).*?^\1 *$", re.S | re.M)
_SENTENCE = re.compile(r"(?<=[.!?])\)?\s+(?=\S)")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs and list items of a MyST text in one line each, without its code.

    Examples
    --------
    >>> paragraphs("A {cite:p}`b`\\nsays 3.\\n\\n```{code-cell}\\nx = 1\\n```\\n- one\\n- two")
    ['A {cite:p}`b` says 3.', '- one', '- two']
    """
    text = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.S | re.M)
    text = re.sub(r"^\$\$.*?\$\$.*?$", "\n", _FENCE.sub("\n", text), flags=re.S | re.M)
    text = re.sub(r"^(\s*)((?:[-*]|\d+\.) )", r"\n\1\2", text, flags=re.M)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def plain(text: str) -> str:
    """Return what a reader sees of a text: roles by their words, no citation, no marks.

    Examples
    --------
    >>> plain("{cite:t}`a2020b` found 3.4 {term}`nats <nat>` *more* {cite:p}`c`.")
    'found 3.4 nats more.'
    """
    text = _CITE.sub("", text)
    text = re.sub(r"\{[\w:]+\}`([^`<]*?)(?: ?<[^`]*>)?`", r"\1", text)
    text = re.sub(r"(?<!\w)\*+|\*+(?!\w)", "", text)
    return re.sub(r" ([.,;:)])", r"\1", " ".join(text.split()))


def figures(sentence: str) -> list[str]:
    """Return the figures of a sentence.

    Examples
    --------
    >>> figures("In 2021 GPT-3 had 175 billion, Llama 3 405B, at 45.7 % {doc}`07-hardware` `x[3]`.")
    ['175', '45.7']
    >>> figures("[Seven](section:19-laws#in-2) of 8")
    ['8']
    """
    text = re.sub(r"\]\([^)]*\)", "]", _CITE.sub("", sentence))  # where a link leads
    text = re.sub(r"\{[\w:]+\}`[^`]*`|`[^`]*`|\$[^$]*\$", " ", text)
    text = _YEAR.sub(" ", _NAME.sub(" ", plain(text)))
    return [m[0] for m in _FIGURE.finditer(text) if not text[m.end():m.end() + 1].isalpha()]


def cited(text: str) -> set[str]:
    """Return the keys that a text cites."""
    return {key.strip() for keys in _CITE.findall(text) for key in keys.split(",")}


def uncovered(text: str, covered: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each figure beside a citation that none of the words covers, with its sentence."""
    words = [(phrase, figures(phrase)) for phrase in covered]
    for paragraph in paragraphs(text):
        if not _CITE.search(paragraph):
            continue
        for sentence in _SENTENCE.split(paragraph):
            if not _CITE.search(sentence):
                continue
            seen = plain(sentence)
            known = [n for phrase, numbers in words if phrase in seen for n in numbers]
            for number in figures(sentence):
                if number in known:
                    known.remove(number)
                else:
                    yield number, sentence
