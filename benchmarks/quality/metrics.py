"""How good a list of hits is, and how far a text is from what it should say."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Self

DEPTH = 10
"""Hits that count."""

SPELLED = {
    "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight",
    "9": "nine", "10": "ten", "mr": "mister", "mrs": "missis",
}  # fmt: skip
"""What a recognizer may write in digits or short, as it is spoken; see `words`."""


@dataclass(frozen=True, slots=True)
class Found:
    """Of several questions with one right hit each: in per cent, R@1, R@5 and R@10; and the mean reciprocal rank."""

    questions: int
    at_1: float
    at_5: float
    at_10: float
    mrr: float

    @classmethod
    def of(cls, ranks: Sequence[int | None]) -> Self:
        """`ranks` count from 1, None for what was not found; those after the tenth count as not found either.

        MRR@10: Voorhees, "The TREC-8 Question Answering Track Report", 1999. Raises `ValueError` for no rank.
        """
        if not ranks:
            raise ValueError("no question was asked")

        def within(k: int) -> float:
            return 100 * sum(rank is not None and rank <= k for rank in ranks) / len(ranks)

        reciprocal = sum(1 / rank for rank in ranks if rank is not None and rank <= DEPTH)
        return cls(len(ranks), within(1), within(5), within(DEPTH), reciprocal / len(ranks))


def rank_of(right: Hashable, hits: Sequence[Hashable]) -> int | None:
    """The place of the right hit, from 1; hits that come again take no place of their own."""
    distinct = list(dict.fromkeys(hits))
    return distinct.index(right) + 1 if right in distinct else None


@dataclass(frozen=True, slots=True)
class Errors:
    """Edits of all pairs of texts, and the length of what they should say."""

    edits: int = 0
    length: int = 0

    def plus(self, said: Sequence[Hashable], read: Sequence[Hashable]) -> "Errors":
        """With one more pair: what was said, and what was made of it."""
        return Errors(self.edits + edit_distance(said, read), self.length + len(said))

    @property
    def rate(self) -> float:
        """In per cent; more than 100 where more was read than there is. Raises `ZeroDivisionError` for nothing."""
        return 100 * self.edits / self.length


def edit_distance(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Insertions, deletions and substitutions between two sequences (Wagner and Fischer, JACM 21(1), 1974)."""
    row = list(range(len(other) + 1))
    for above, item in enumerate(one, start=1):
        row[0], diagonal = above, above - 1
        for column, another in enumerate(other, start=1):
            row[column], diagonal = (
                min(row[column] + 1, row[column - 1] + 1, diagonal + (item != another)),
                row[column],
            )
    return row[-1]


def words(text: str) -> list[str]:
    """For the word error rate: lower case, without punctuation, hyphens as spaces, small numbers and titles spelled."""
    bare = re.findall(r"[a-z0-9]+", text.lower().replace("'", "").replace("’", ""))
    return [SPELLED.get(word, word) for word in bare]


def characters(text: str) -> str:
    """For the character error rate: as it is, but white space of any kind and length is one space."""
    return " ".join(text.split())
