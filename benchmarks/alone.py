"""The models by themselves, in this process: what the whole is measured against."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TypeVar

from omnibus.composition import decoder_of
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load
from workers.domain.decoded import DecodedImage, Pixels

Given = TypeVar("Given")
BATCHES = (1, 8, 16, 32)


def decoded(paths: Sequence[Path]) -> list[Pixels]:
    """The pictures as the encoder gets them."""
    decoder = decoder_of()
    try:
        found = [decoder.decode(path.read_bytes(), key=path.name) for path in paths]
    finally:
        decoder.close()
    return [image.pixels for image in found if isinstance(image, DecodedImage)]


class Alone:
    """The profile's encoders, loaded and warm."""

    def __init__(self, profile: str) -> None:
        models = Models(store_of(load()), profile_named(profile))
        self._text = models.text()
        self._image = models.image(self._text)
        self._decoder = decoder_of()

    def decode_and_embed_ms(self, paths: Sequence[Path]) -> float:
        """Milliseconds for one picture, from its bytes to its vector; median."""

        def once(path: Path) -> None:
            image = self._decoder.decode(path.read_bytes(), key=path.name)
            assert isinstance(image, DecodedImage)
            self._image.read([image.pixels])

        return _median_ms(once, paths)

    def question_ms(self, questions: Sequence[str]) -> float:
        """Milliseconds for the vector of one question, which text and pictures share; median."""

        def once(question: str) -> None:
            self._text.encode([question])

        return _median_ms(once, questions)

    def pictures_per_second(self, pictures: Sequence[Pixels]) -> float:
        """The model in a loop at its best batch size, nothing else."""
        return max(self._rate(pictures[:160], size) for size in BATCHES)

    def _rate(self, pictures: Sequence[Pixels], size: int) -> float:
        begun = perf_counter()
        for start in range(0, len(pictures), size):
            self._image.read(pictures[start : start + size])
        return len(pictures) / (perf_counter() - begun)

    def close(self) -> None:
        """End the decoding process."""
        self._decoder.close()


def _median_ms(work: Callable[[Given], None], given: Sequence[Given]) -> float:
    work(given[0])
    times = []
    for item in given:
        begun = perf_counter()
        work(item)
        times.append((perf_counter() - begun) * 1000)
    return median(times)
