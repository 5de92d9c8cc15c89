"""The models by themselves, in this process: what the whole is measured against."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Self

import numpy as np

from omnibus.composition import decoder_of
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load
from workers.domain.decoded import DecodedImage, Pixels
from workers.ports.decoder import Decoder

BATCHES = (1, 8, 16, 32)


def decoded(paths: Sequence[Path]) -> list[Pixels]:
    """The pictures as the encoder gets them."""
    with closing(decoder_of()) as decoder:
        return [_pixels(decoder, path.read_bytes(), path.name) for path in paths]


def _pixels(decoder: Decoder, data: bytes, name: str) -> Pixels:
    image = decoder.decode(data, key=name)
    assert isinstance(image, DecodedImage)
    return image.pixels


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
        self._image.read([_pixels(self._decoder, data, path.name)])
        return (perf_counter() - begun) * 1000

    def question_ms(self, question: str) -> float:
        """Milliseconds for the vector of one question, which text and pictures share."""
        begun = perf_counter()
        self._text.encode([question])
        return (perf_counter() - begun) * 1000

    def pictures_per_second(self, pictures: Sequence[Pixels]) -> float:
        """The model in a loop at its best batch size, nothing else."""
        return max(self._rate(pictures[:160], size) for size in BATCHES)

    def _rate(self, pictures: Sequence[Pixels], size: int) -> float:
        begun = perf_counter()
        for start in range(0, len(pictures), size):
            self._image.read(pictures[start : start + size])
        return len(pictures) / (perf_counter() - begun)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._decoder.close()
