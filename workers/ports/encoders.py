"""Encoders: from content to a vector space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workers.domain.decoded import Pixels, Tag
from workers.domain.recording import Samples
from workers.domain.segment import Space, Vector

Embeddings = NDArray[np.float32]
"""`(n, d) float32`, each row of unit length."""


@dataclass(frozen=True, slots=True)
class ImageReading:
    """What one pass over a picture gives: its embedding and, where the model has classes, the best of them."""

    vector: Vector
    tags: tuple[Tag, ...] = ()
    """Best first; empty for models without classes."""


@dataclass(frozen=True, slots=True)
class SoundReading:
    """What one pass over a window of sound gives: its embedding and the classes that were heard, at least one."""

    vector: Vector
    tags: tuple[Tag, ...]
    """Best first."""
    speech: bool = False
    """Whether it is somebody speaking, more than anything else."""


class TextEncoder(Protocol):
    """Encodes passages and questions into one space. Loads its model at first use; safe to call from threads.

    Raises `ModelUnavailable` when the model cannot be loaded.
    """

    @property
    def space(self) -> Space:
        """Where the vectors live."""
        ...

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """One row per text, in order; `(0, d)` for none. What exceeds the model's input is cut off at its end."""
        ...


class ImageEncoder(Protocol):
    """Encodes pictures, and texts to find them by, into one space. Loads and fails as `TextEncoder` does."""

    @property
    def space(self) -> Space:
        """Where the vectors live."""
        ...

    @property
    def text_space(self) -> str | None:
        """Id of the text encoder's space when pictures can be compared with passages in it too, else None."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Texts in the pictures' space: one row per text, in order."""
        ...

    def read(self, pictures: Sequence[Pixels]) -> Sequence[ImageReading]:
        """One reading per picture, in order. Pictures may differ in size."""
        ...


class SoundEncoder(Protocol):
    """Encodes sounds, and texts to find them by, into one space. Loads and fails as `TextEncoder` does."""

    @property
    def space(self) -> Space:
        """Where the vectors live."""
        ...

    @property
    def text_space(self) -> str | None:
        """Id of the text encoder's space when sounds can be compared with passages in it too, else None."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Texts in the sounds' space: one row per text, in order."""
        ...

    def read(self, windows: Sequence[Samples]) -> Sequence[SoundReading | None]:
        """One reading per window, in order; None where all is silent. Windows may differ in length."""
        ...
