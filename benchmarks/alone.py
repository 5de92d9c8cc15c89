"""The models by themselves, in this process: what the whole is measured against."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Self

import numpy as np

from omnibus.composition import decoder_of
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load
from workers.domain.decoded import DecodedImage, Pixels

BATCHES = (1, 8, 16, 32)


class Alone:
    """The profile's encoders, loaded and warm, and a decoder."""

    def __init__(self, profile: str) -> None:
        models = Models(store_of(load()), profile_named(profile))
        self._text = models.text()
        self._image = models.image(self._text)
        self._decoder = decoder_of()
        self._text.encode(["warm"])
        self._image.read([np.zeros((8, 8, 3), np.uint8)])

    def picture_ms(self, path: Path) -> float:
        """Milliseconds for one picture, from its bytes to its vector."""
        data, begun = path.read_bytes(), perf_counter()
        self._image.read([self._pixels(data, path.name)])
        return (perf_counter() - begun) * 1000

    def question_ms(self, question: str) -> float:
        """Milliseconds for the vector of one question, which text and pictures share."""
        begun = perf_counter()
        self._text.encode([question])
        return (perf_counter() - begun) * 1000

    def decoded(self, paths: Sequence[Path]) -> list[Pixels]:
        """The pictures as the encoder gets them."""
        return [self._pixels(path.read_bytes(), path.name) for path in paths]

    def pictures_per_second(self, pictures: Sequence[Pixels]) -> float:
        """The model in a loop at its best batch size, nothing else."""
        return max(self._rate(pictures[:160], size) for size in BATCHES)

    def _rate(self, pictures: Sequence[Pixels], size: int) -> float:
        begun = perf_counter()
        for start in range(0, len(pictures), size):
            self._image.read(pictures[start : start + size])
        return len(pictures) / (perf_counter() - begun)

    def _pixels(self, data: bytes, name: str) -> Pixels:
        image = self._decoder.decode(data, key=name)
        assert isinstance(image, DecodedImage)
        return image.pixels

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._decoder.close()
