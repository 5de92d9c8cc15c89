"""The generator: a language model that answers from what was retrieved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

NOT_FOUND = "NOT FOUND"
"""What the model is told to write, and nothing else, when the passages do not say."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One source as the model reads it."""

    text: str


@dataclass(frozen=True, slots=True)
class Generation:
    """What the model wrote, and whether it stopped by itself."""

    text: str
    finished: bool


class Generator(Protocol):
    """Writes an answer to a question from numbered passages. Loads its model at first use; safe to call from threads.

    Raises `ModelUnavailable` when the model cannot be loaded.
    """

    @property
    def model(self) -> str:
        """The model's name and version, for the answer's lineage."""
        ...

    def generate(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Generation:
        """Answer `question` from `passages`, deterministically, in at most `max_tokens` tokens.

        `on_text` receives the text piece by piece as it is written; the pieces joined are the result's text.
        `should_stop` is asked between tokens: True ends the generation there.
        """
        ...
