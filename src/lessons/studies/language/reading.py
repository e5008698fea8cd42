"""The small GPT reads a text and a question: how many bits does the answer then need."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from lessons.gpt.model import GPT
from lessons.gpt.tokenizer import BytePairTokenizer
from lessons.studies.language.finding import words_of


class Reader:
    """A trained GPT and its tokenizer.

    Parameters
    ----------
    model : GPT
        In evaluation mode.
    tokenizer : BytePairTokenizer
        The one it was trained with.
    room : int
        Tokens that a text may have; question and answer come after it.
    """

    def __init__(self, model: GPT, tokenizer: BytePairTokenizer, room: int = 80):
        if not 1 <= room < model.config.n_positions:
            raise ValueError(f"room for a text: 1 to {model.config.n_positions - 1} tokens, "
                             f"got {room}")
        self.model, self.tokenizer, self.room = model, tokenizer, room

    def excerpt(self, text: str, question: str, rarity: Mapping[str, float]) -> str:
        """Return the sentences in a row that share most with the question and find room.

        Parameters
        ----------
        rarity : mapping
            What a shared word counts.
        """
        sentences = re.split(r"(?<=[.?!:]) ", text)
        asked, best = set(words_of(question)), (-1.0, "")
        for start in range(len(sentences)):
            part = self._cut(" ".join(sentences[start:]))
            score = sum(rarity.get(word, 0.0) for word in asked & set(words_of(part)))
            if score > best[0] + 1e-9:
                best = score, part
        return best[1]

    def _cut(self, text: str) -> str:
        ids = self.tokenizer.encode(text)
        if len(ids) <= self.room:
            return text
        return self.tokenizer.decode(ids[: self.room]).rstrip("\ufffd")

    @torch.no_grad()
    def bits(self, text: str, question: str, answers: Sequence[str]) -> np.ndarray:
        """Return the bits per byte of each answer after a text and a question.

        Raises
        ------
        ValueError
            If an answer is empty, or all does not fit into the model's context.
        """
        before = f"{text}\n\n{question}\n\n" if text else f"{question}\n\n"
        start = self.tokenizer.encode(before)
        rows = [self.tokenizer.encode(answer) for answer in answers]
        if not rows or not all(rows):
            raise ValueError("give one answer or more, none of them empty")
        longest = max(len(row) for row in rows)
        most = self.model.config.n_positions + 1
        start = start[-(most - longest):]
        if longest >= most:
            raise ValueError(f"an answer of {longest} tokens does not fit into a context of "
                             f"{most - 1}")
        table = torch.tensor([start + row + [0] * (longest - len(row)) for row in rows])
        logits = self.model(table[:, :-1])[:, len(start) - 1 :]  # (answers, longest, vocabulary)
        nats = F.cross_entropy(logits.mT, table[:, len(start):], reduction="none")
        sums = [float(nats[i, : len(row)].sum()) for i, row in enumerate(rows)]
        return np.array([s / math.log(2) / len(a.encode()) for s, a in zip(sums, answers,
                                                                          strict=True)])
