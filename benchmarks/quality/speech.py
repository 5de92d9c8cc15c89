"""Speech: what the index says was said, against what was said; and the recording that is found by it."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from benchmarks.quality.library import Library
from benchmarks.quality.metrics import Errors, Found, rank_of, words
from benchmarks.quality.packages import ALSA, SPHINX, material
from benchmarks.table import Row

LIBRIVOX = {
    "0870": "and mister john dashwood had then leisure to consider how much there might be prudently in his power "
    "to do for them",
    "0880": "he was not an ill disposed young man",
    "0890": "unless to be rather cold hearted and rather selfish is to be ill disposed",
    "0920": "had he married a more amiable woman he might have been made still more respectable than he was",
    "0930": "he might even have been made amiable himself",
}
"""End of the file's name -> what is said in it (Jane Austen, *Sense and Sensibility*, chapter 1).

The package's own transcription of 0920 has "a more a amiable".
"""
CARDS = {
    "001": "ten of clubs",
    "002": "four queen of clubs",
    "003": "seven of clubs",
    "004": "five five",
    "005": "eight of spades four of clubs seven of hearts",
}
"""The package's transcription."""
SILENT = "Noise"
"""The recording of the set in which nobody speaks."""


def speech(library: Library) -> Iterator[Row]:
    """Words heard right in each set. Raises `NoMaterial`."""
    files = {PurePosixPath(path): data for path, data in material(SPHINX).items()}
    recordings = {path.stem: data for path, data in files.items() if path.suffix == ".wav"}
    channels = {
        path.stem: data
        for path, data in ((PurePosixPath(p), d) for p, d in material(ALSA).items())
        if path.suffix == ".wav" and path.stem != SILENT
    }
    read_aloud = {
        key: (recordings[name], LIBRIVOX[key]) for key in LIBRIVOX for name in recordings if name.endswith(key)
    }
    cards = {key: (recordings[key], said) for key, said in CARDS.items()}
    spoken = {name: (data, name.replace("_", " ").lower()) for name, data in channels.items()}
    synthetic = "the bare model on synthetic speech, at worst"
    yield from _heard(library, "books", read_aloud, 100, "the bare model on this set")
    yield from _heard(library, "cards", cards, 86, synthetic)
    yield from _heard(library, "channels", spoken, 86, synthetic)
    yield from _found(library, read_aloud)


def _heard(
    library: Library, name: str, recordings: Mapping[str, tuple[bytes, str]], bound: float, source: str
) -> Iterator[Row]:
    library.put({f"{name}/{key}.wav": data for key, (data, _) in recordings.items()})
    errors = Errors()
    for key, (_, said) in recordings.items():
        errors = errors.plus(words(said), words(library.text(f"{name}/{key}.wav")))
    how = f"{len(recordings)} recordings, {errors.edits} of {errors.length} words wrong; bound: {source}"
    yield Row(f"words heard right, {name}", round(100 - errors.rate), bound, "%", how, at_most=False)


def _found(library: Library, recordings: Mapping[str, tuple[bytes, str]]) -> Iterator[Row]:
    ranks = [
        rank_of(f"books/{key}.wav", library.search(said, modality="audio")) for key, (_, said) in recordings.items()
    ]
    found = Found.of(ranks)
    how = f"{found.questions} questions among all recordings; MRR@10 {found.mrr:.2f}"
    yield Row("sentence -> recording, R@1", found.at_1, 100, "%", how, at_most=False)
