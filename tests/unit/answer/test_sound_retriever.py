"""Sounds are looked for with the question's words, and a space that cannot be searched costs only its hits."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from schemas.questions import QueryRequested
from workers.answer.encode import Encoded
from workers.answer.retrieve import Retrieval
from workers.domain.hit import Hit
from workers.errors import ServiceUnavailable


@dataclass
class Searched:
    """An index that notes which space was searched with which vector; the space `away` does not answer."""

    asked: list[tuple[str, list[float]]] = field(default_factory=list)

    def nearest(self, space: str, vector: Any, **_: Any) -> list[Hit]:
        if space == "away":
            raise ServiceUnavailable("the index is away")
        self.asked.append((space, vector.tolist()))
        return [Hit("a siren", 0.7)]


WORDS = np.array([1, 0], np.float32)
PICTURE = np.array([0, 1], np.float32)
ENCODED = Encoded([WORDS, PICTURE], [PICTURE], "a siren")


def test_sounds_are_looked_for_with_the_words_of_the_question() -> None:
    index = Searched()
    found = Retrieval(index, "text", "image", "sound").retrieve("sound", QueryRequested(text="a siren"), ENCODED)  # type: ignore[arg-type] - the one method that is asked
    assert index.asked == [("sound", [1.0, 0.0])]
    assert [hit.segment_id for hits in found.lists for hit in hits] == ["a siren"]


def test_an_index_without_an_answer_is_told_of_the_retriever_of_sounds() -> None:
    found = Retrieval(Searched(), "text", "image", "away").retrieve("sound", QueryRequested(text="a siren"), ENCODED)  # type: ignore[arg-type] - the same
    assert (found.lists, found.failed) == ([], "the index is away")
