"""Small deterministic encoders and a generator, in the shape of their ports."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from workers.domain.decoded import Pixels, Tag
from workers.domain.recording import SAMPLE_RATE, Samples
from workers.domain.segment import Space, Vector
from workers.ports.encoders import Embeddings, ImageReading, SoundReading
from workers.ports.generator import Generation, Passage
from workers.ports.transcriber import Stretch, Utterance

DIMENSIONS = 64


def _unit(words: Sequence[str]) -> Vector:
    """A direction that texts share as far as they share words: each word counts in a place of its own."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    for word in words or ["nothing"]:
        vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % DIMENSIONS] += 1
    return vector / np.float32(np.linalg.norm(vector))


@dataclass
class WordCounter:
    """TextEncoder. `encoded` has every text that it was ever given."""

    space: Space = field(default_factory=lambda: Space("text", DIMENSIONS, "word-counter 1"))
    encoded: list[str] = field(default_factory=list)

    def encode(self, texts: Sequence[str]) -> Embeddings:
        self.encoded += texts
        rows = [_unit(text.lower().split()) for text in texts]
        return np.stack(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)


@dataclass
class ColourNamer:
    """ImageEncoder: a picture is its mean colour, whose strongest channel is its class. `seen` counts pictures."""

    space: Space = field(default_factory=lambda: Space("image", DIMENSIONS, "colour-namer 1"))
    text_space: str | None = "text"
    probability: float = 0.9
    seen: int = 0

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        rows = [_unit(text.lower().split()) for text in texts]
        return np.stack(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)

    def read(self, pictures: Sequence[Pixels]) -> Sequence[ImageReading]:
        self.seen += len(pictures)
        names = [("red", "green", "blue")[int(picture.mean(axis=(0, 1)).argmax())] for picture in pictures]
        return [ImageReading(_unit([name]), (Tag(name, self.probability),)) for name in names]


@dataclass
class LoudnessNamer:
    """SoundEncoder: louder than a tenth is a bang, softer is a hum. `heard` has the windows' lengths.

    With `speech`, it takes all of it for speech.
    """

    space: Space = field(default_factory=lambda: Space("sound", DIMENSIONS, "loudness-namer 1"))
    text_space: str | None = "text"
    heard: list[int] = field(default_factory=list)
    speech: bool = False

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return WordCounter().encode(texts)

    def read(self, windows: Sequence[Samples]) -> Sequence[SoundReading | None]:
        self.heard += [len(window) for window in windows]
        return [self._read(float(np.abs(window).max())) for window in windows]

    def _read(self, loudest: float) -> SoundReading | None:
        name = "bang" if loudest > 0.1 else "hum"
        return SoundReading(_unit([name]), (Tag(name, 0.9),), self.speech) if loudest else None


@dataclass
class Stenographer:
    """Transcriber that goes through the chunks and then has heard `said`. `seconds` counts what it went through.

    With `stretch_s`, it says of every stretch of so many seconds how loud it is instead.
    """

    said: Sequence[Utterance] = ()
    stretch_s: float = 0.0
    model: str = "stenographer 1"
    seconds: float = 0.0

    def transcribe(self, chunks: Iterable[Samples], *, language: str = "") -> Iterator[Stretch]:
        begin, kept = 0, np.empty(0, np.float32)
        for chunk in chunks:
            self.seconds += len(chunk) / SAMPLE_RATE
            kept = np.concatenate([kept, chunk])
            while self.stretch_s and len(kept) >= self.stretch_s * SAMPLE_RATE:
                end = begin + round(self.stretch_s * SAMPLE_RATE)
                text = f"as loud as {np.abs(kept[: end - begin]).max():.2f}"
                yield Stretch(end, "en", (Utterance(begin / SAMPLE_RATE, end / SAMPLE_RATE, text, "en", 1.0),))
                begin, kept = end, kept[end - begin :]
        yield Stretch(begin + len(kept), language or "en", () if self.stretch_s else tuple(self.said))


@dataclass
class Parrot:
    """Generator that writes `text`, word by word, until it is told to stop. Notes what it was asked."""

    text: str
    model: str = "parrot 1"
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    def generate(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Generation:
        self.asked.append((question, [passage.text for passage in passages]))
        words = self.text.split(" ")
        written = ""
        for number, word in enumerate(words[:max_tokens]):
            if should_stop and should_stop():
                return Generation(written, finished=False)
            piece = word if number == 0 else f" {word}"
            written += piece
            if on_text:
                on_text(piece)
        return Generation(written, finished=len(words) <= max_tokens)
