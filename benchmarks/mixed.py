"""A mixed corpus through a stack, against its models given the same inputs one after the other.

`python -m benchmarks.mixed [--profile NAME]` prints only this row; it takes some minutes.

What the models get is found by indexing the corpus in this process, by the ingest flow itself, with models that note
their inputs. These are replayed: each model gets all of its inputs at once, on all cores, with nothing to decode or to
look up. The whole has to decode, cut, look for words, write and tell beside that; but it has several processes, whose
work overlaps. The models are timed before and after the stack, as the speed of a machine changes.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import cpu_count
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
from faster_whisper import WhisperModel

from benchmarks.corpus import write_corpus, write_warm_up
from benchmarks.quality.library import Library
from benchmarks.recordings import transcribed, whisper_of
from benchmarks.table import Row, print_table
from benchmarks.whole import Whole
from omnibus.cli.progress import prepare_models
from omnibus.cli.up import detached
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load, load_running
from workers.adapters.models.conse import EfficientNetConse
from workers.adapters.models.minilm import MiniLmEncoder
from workers.adapters.models.rapid import RapidReader
from workers.adapters.models.sound_conse import YamNetConse
from workers.adapters.models.whisper import WhisperTranscriber
from workers.domain.decoded import Pixels
from workers.domain.recording import Samples

Model = TypeVar("Model")


def measure(profile: str) -> Iterator[Row]:
    """The row."""
    with tempfile.TemporaryDirectory(prefix="omnibus-mixed-") as name:
        folder = Path(name)
        paths = write_corpus(folder / "corpus")
        bare = Bare(profile, given(profile, paths, folder / "noted"))
        before = bare.seconds()
        whole = _through_a_stack(folder, profile, paths)
        after = bare.seconds()
    models = (sum(before.values()) + sum(after.values())) / 2
    parts = ", ".join(f"{role} {(before[role] + after[role]) / 2:.1f}" for role in before)
    times = f"{sum(before.values()):.1f} s before, {sum(after.values()):.1f} after"
    how = f"{len(paths)} objects in {whole:.1f} s; models {times} ({parts})"
    yield Row("a mixed corpus / the sum of its bare models", models / whole, 0.7, "", how, at_most=False)


def _through_a_stack(folder: Path, profile: str, paths: Sequence[Path]) -> float:
    """Seconds for the corpus, once every process has its models and has used them."""
    data, more = folder / "stack", write_warm_up(folder / "warm-up")
    with detached(load(data=data, profile=profile), warm=True), Whole(load_running(data)) as whole:
        whole.indexing_s(more, "warm/")
        return whole.indexing_s(paths, "mixed/")


@dataclass(frozen=True, slots=True)
class Given:
    """The inputs of each model, in order."""

    texts: list[str] = field(default_factory=list)
    pictures: list[Pixels] = field(default_factory=list)
    windows: list[Samples] = field(default_factory=list)
    talks: list[list[Samples]] = field(default_factory=list)
    """Of each recording its chunks."""
    prints: list[Pixels] = field(default_factory=list)
    """What is read: pictures with print on them, and scanned pages."""


def given(profile: str, paths: Sequence[Path], folder: Path) -> Given:
    """What the models of the profile get when these objects are indexed; the index is written to `folder`."""
    noted = Given()
    with Library(_Noting(profile, noted), load(profile=profile), folder) as library:
        library.put({path.name: path.read_bytes() for path in paths})
    return noted


class _Noting(Models):
    """A profile's models; what they get is added to `noted`."""

    def __init__(self, profile: str, noted: Given) -> None:
        super().__init__(store_of(load()), profile_named(profile))
        self._noted = noted

    def text(self) -> MiniLmEncoder:
        return _noting(super().text(), "encode", self._noted.texts)

    def image(self, text: MiniLmEncoder) -> EfficientNetConse:
        return _noting(super().image(text), "read", self._noted.pictures)

    def sound(self, text: MiniLmEncoder) -> YamNetConse:
        return _noting(super().sound(text), "read", self._noted.windows)

    def reader(self, threads: int) -> RapidReader:
        return _with(super().reader(threads), "read", lambda picture: _added(self._noted.prints, picture))

    def transcriber(self) -> WhisperTranscriber:
        return _with(super().transcriber(), "transcribe", self._overheard)

    def _overheard(self, chunks: Iterable[Samples]) -> Iterator[Samples]:
        heard: list[Samples] = []
        self._noted.talks.append(heard)
        for chunk in chunks:
            yield _added(heard, chunk)


def _noting(model: Model, method: str, inputs: list[Any]) -> Model:
    """The model, of which this method adds what it is given to `inputs`."""

    def note(batch: Sequence[Any]) -> Sequence[Any]:
        inputs.extend(np.copy(each) if isinstance(each, np.ndarray) else each for each in batch)
        return batch

    return _with(model, method, note)


def _with(model: Model, method: str, before: Callable[[Any], Any]) -> Model:
    """The model, of which this method gets its first argument from `before`."""
    call = getattr(model, method)
    setattr(model, method, lambda first, *others, **more: call(before(first), *others, **more))
    return model


def _added(inputs: list[Any], one: Any) -> Any:
    inputs.append(np.copy(one))  # what it is a view of is used again
    return one


class Bare:
    """The models by themselves, loaded and warm, with all cores, and what they are given."""

    def __init__(self, profile: str, inputs: Given) -> None:
        models = Models(store_of(load()), profile_named(profile))
        self._given = inputs
        self._talks = [np.concatenate(chunks) for chunks in inputs.talks if chunks]
        self._text = models.text()
        self._image, self._sound = models.image(self._text), models.sound(self._text)
        self._reader = models.reader(cpu_count() or 1)
        self._whisper: WhisperModel = whisper_of(models)
        self._text.encode(inputs.texts[:8])
        self._image.read(inputs.pictures[:8])
        self._sound.read(inputs.windows[:1])
        self._reader.read(np.zeros((64, 64, 3), np.uint8))
        for talk in self._talks[:1]:
            transcribed(self._whisper, talk[:160_000])

    def seconds(self) -> Mapping[str, float]:
        """Role -> seconds for all of its inputs. Texts and pictures are batched best by their encoders themselves."""
        inputs = self._given
        return {
            "text": _timed(lambda: self._text.encode(inputs.texts)),
            "pictures": _timed(lambda: self._image.read(inputs.pictures)),
            "sound": _timed(lambda: self._sound.read(inputs.windows)),
            "speech": _timed(lambda: [transcribed(self._whisper, talk) for talk in self._talks]),
            "print": _timed(lambda: [self._reader.read(picture) for picture in inputs.prints]),
        }


def _timed(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def main() -> int:
    """Print the row."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mixed", description=__doc__)
    parser.add_argument("--profile", default="offline")
    profile = parser.parse_args().profile
    prepare_models(load(profile=profile))
    rows = list(measure(profile))
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
