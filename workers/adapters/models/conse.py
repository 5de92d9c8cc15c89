"""Pictures in the text encoder's space: ConSE, a convex combination of class-name embeddings.

A picture's vector is the mean of the embeddings of its ten likeliest classes, weighted by their probabilities
(Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings", ICLR 2014). So one question finds
passages and pictures alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workers.adapters.models.efficientnet import MODEL, EfficientNet
from workers.adapters.models.loading import LoadOnce
from workers.domain.decoded import Pixels, Tag
from workers.domain.segment import Space
from workers.ports.encoders import Embeddings, ImageReading, TextEncoder

MIXED = 10
"""How many classes go into a vector: the paper's T, and best on our described pictures too."""
TAGS = 5
LIKELY = 0.02
"""A class below this probability is no tag, unless it is the best there is."""


@dataclass(frozen=True, slots=True)
class _Classes:
    names: tuple[str, ...]
    embeddings: Embeddings


class EfficientNetConse:
    """`ports.encoders.ImageEncoder`. `weights` are EfficientNet-lite2's, `class_table` is by `build_class_table`."""

    def __init__(self, weights: Path, class_table: Path, text: TextEncoder) -> None:
        model = f"{MODEL}+{text.space.model}"
        self._space = Space("conse-minilm", text.space.dimensions, model)
        self._text = text
        self._network = EfficientNet(weights)
        self._classes = LoadOnce(model, lambda: _read_class_table(class_table, text.space))

    @property
    def space(self) -> Space:
        """See `ports.encoders.ImageEncoder`."""
        return self._space

    @property
    def text_space(self) -> str | None:
        """Pictures are mixed from class names in the text encoder's space, so they can be compared with passages."""
        return self._text.space.id

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """See `ports.encoders.ImageEncoder`."""
        return self._text.encode(texts)

    def read(self, pictures: Sequence[Pixels]) -> Sequence[ImageReading]:
        """See `ports.encoders.ImageEncoder`. At most five tags each."""
        if not pictures:
            return []
        classes = self._classes.get()
        return [_reading(row, classes) for row in self._network.classify(pictures)]


def build_class_table(text: TextEncoder, out: Path) -> None:
    """Embed the 1,000 classes of ImageNet and write names and embeddings to the file `out` (1.7 MB).

    A class is the mean of the embeddings of its name (as open_clip words it) and of "name: definition" (WordNet's, as
    timm keeps it). Done once, for it takes seconds to import what holds the words.
    """
    names, definitions = _class_words()
    plain, defined = text.encode(names), text.encode([f"{n}: {d}" for n, d in zip(names, definitions, strict=True)])
    with out.open("wb") as file:
        np.savez(file, model=np.array(text.space.model), names=np.array(names), embeddings=_unit(plain + defined))


def _class_words() -> tuple[list[str], list[str]]:
    from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES  # noqa: PLC0415 - takes seconds
    from timm.data import ImageNetInfo  # noqa: PLC0415 - takes seconds

    info = ImageNetInfo()
    definitions = [info.index_to_description(number, detailed=True) for number in range(len(IMAGENET_CLASSNAMES))]
    # timm gives "lemma, lemma: definition"; the name is open_clip's, which was curated for such use.
    return list(IMAGENET_CLASSNAMES), [definition.partition(": ")[2] for definition in definitions]


def _read_class_table(path: Path, space: Space) -> _Classes:
    with np.load(path, allow_pickle=False) as table:
        if table["model"].item() != space.model:
            raise ValueError(f"{path.name} was made with {table['model'].item()}, not {space.model}")
        return _Classes(tuple(table["names"].tolist()), table["embeddings"])


def _reading(probabilities: NDArray[np.float32], classes: _Classes) -> ImageReading:
    best = np.argsort(-probabilities)[:MIXED]
    vector = _unit(probabilities[best] @ classes.embeddings[best])
    tags = [Tag(classes.names[number], float(probabilities[number])) for number in best[:TAGS]]
    return ImageReading(vector, tuple(tag for place, tag in enumerate(tags) if not place or tag.probability >= LIKELY))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths
