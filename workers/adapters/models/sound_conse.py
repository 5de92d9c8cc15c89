"""Sounds in the text encoder's space: ConSE over the classes of YAMNet, as `conse` does it for pictures.

So one question finds passages, pictures and sounds alike.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.adapters.models.loading import LoadOnce
from workers.adapters.models.yamnet import MODEL, Scores, YamNet, class_names
from workers.domain.decoded import Tag
from workers.domain.recording import Samples
from workers.domain.segment import Space
from workers.ports.encoders import Embeddings, SoundReading, TextEncoder

MIXED = 10
"""How many classes go into a vector."""
TAGS = 5
LIKELY = 0.2
"""A class with a lower score is no tag, unless it is the best there is."""
SILENCE = "Silence"
SPEECH = frozenset(
    ("Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue", "Babbling", "Speech synthesizer",
     "Whispering")
)  # fmt: skip
"""Classes of what a transcriber writes down."""
GENERIC = frozenset(
    ("Speech", "Music", "Animal", "Domestic animals, pets", "Wild animals", "Vehicle", "Noise", "Environmental noise",
     "Inside, small room", "Inside, large room or hall", "Inside, public space", "Outside, urban or manmade",
     "Outside, rural or natural", "Sound effect", "Livestock, farm animals, working animals")
)  # fmt: skip
"""Classes that say little beside a finer one."""
GENERIC_WEIGHT = 0.1
NEXT_NAME = re.compile(r",(?![^(]*\))")
"""A comma between two names of a class, not between examples in brackets."""


@dataclass(frozen=True, slots=True)
class _Classes:
    names: tuple[str, ...]
    embeddings: Embeddings
    weights: Scores


class YamNetConse:
    """`ports.encoders.SoundEncoder`. At first use, `directory` gives YAMNet's folder, and `class_table` the table.

    The table is by `build_sound_class_table`.
    """

    def __init__(self, directory: Callable[[], Path], class_table: Callable[[], Path], text: TextEncoder) -> None:
        model = f"{MODEL}+first-names+{text.space.model}"
        self._space = Space("conse-yamnet", text.space.dimensions, model)
        self._text = text
        self._network = YamNet(directory)
        self._classes = LoadOnce(model, lambda: _read_class_table(class_table(), text.space))

    @property
    def space(self) -> Space:
        """See `ports.encoders.SoundEncoder`."""
        return self._space

    @property
    def text_space(self) -> str | None:
        """Sounds are mixed from class names in the text encoder's space, so they can be compared with passages."""
        return self._text.space.id

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """See `ports.encoders.SoundEncoder`."""
        return self._text.encode(texts)

    def read(self, windows: Sequence[Samples]) -> Sequence[SoundReading | None]:
        """See `ports.encoders.SoundEncoder`. At most five tags each."""
        classes = self._classes.get() if windows else None
        return [_reading(self._network.classify(window), classes) for window in windows if classes]


def build_sound_class_table(text: TextEncoder, names: Sequence[str], out: Path) -> None:
    """Write the names of the classes, and the embedding of each one's first name, to the file `out` (0.8 MB).

    The first is what people say ("Cattle, bovinae"), and the others draw the embedding away from that.
    """
    first = [NEXT_NAME.split(name)[0] for name in names]
    with out.open("wb") as file:
        np.savez(file, model=np.array(text.space.model), names=np.array(names), embeddings=text.encode(first))


def sound_class_names(directory: Path) -> list[str]:
    """The names of YAMNet's classes, from its folder."""
    return class_names(directory / "yamnet_class_map.csv")


def _read_class_table(path: Path, space: Space) -> _Classes:
    with np.load(path, allow_pickle=False) as table:
        if table["model"].item() != space.model:
            raise ValueError(f"{path.name} was made with {table['model'].item()}, not {space.model}")
        names = tuple(table["names"].tolist())
        weights = np.array([GENERIC_WEIGHT if name in GENERIC else 1.0 for name in names], np.float32)
        weights[names.index(SILENCE)] = 0.0
        return _Classes(names, table["embeddings"], weights)


def _reading(scores: Scores, classes: _Classes) -> SoundReading | None:
    heard = np.argsort(-scores)[:TAGS]
    if classes.names[heard[0]] == SILENCE:
        return None
    weighted = scores * classes.weights
    best = np.argsort(-weighted)[:MIXED]
    mixed = weighted[best] @ classes.embeddings[best]
    tags = [Tag(classes.names[number], float(scores[number])) for number in heard if classes.names[number] != SILENCE]
    likely = tuple(tag for place, tag in enumerate(tags) if not place or tag.probability >= LIKELY)
    return SoundReading(mixed / np.linalg.norm(mixed), likely, speech=likely[0].name in SPEECH)
