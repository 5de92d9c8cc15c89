"""Notes of what was heard in a recording so far, kept between two blocks: who listens on after a loss begins there."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from workers.domain.decoded import Tag
from workers.domain.media import ObjectRef
from workers.errors import ServiceUnavailable
from workers.ingest.embed import KEPT_S
from workers.ingest.erase import LISTENING, Eraser
from workers.ports.cache import Cache
from workers.ports.encoders import SoundReading
from workers.ports.transcriber import Utterance


@dataclass(frozen=True, slots=True)
class HeardSound:
    """What a window sounds like. Seconds count from the beginning of the recording."""

    start_s: float
    end_s: float
    reading: SoundReading


@dataclass(frozen=True, slots=True)
class Notes:
    """What was heard, each part in order of time. `spoken` and `sounded` samples need not be listened to again."""

    spoken: int = 0
    sounded: int = 0
    language: str = ""
    utterances: tuple[Utterance, ...] = ()
    sounds: tuple[HeardSound, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteBook:
    """Notes in the cache, by the content of the recording: they are erased with the object that they are of.

    They are there to save time. Where the cache does not answer there are none.
    """

    cache: Cache
    eraser: Eraser

    def read(self, key: str) -> Notes:
        """The notes under this key of `kept_under`; empty ones where there are none."""
        # Those of another release may be written in another way.
        with suppress(ServiceUnavailable, ValueError, TypeError, KeyError):
            (value,) = self.cache.get_many([key])
            return Notes() if value is None else _unpack(value)
        return Notes()

    def write(self, ref: ObjectRef, key: str, notes: Notes) -> None:
        """Keep the notes for whoever listens to the same content with the same models, over those of before."""
        with suppress(ServiceUnavailable):
            self.eraser.note({ref: [key]})  # before they are kept: what is kept without would outlive the object
            self.cache.put_many({key: _pack(notes)}, ttl_s=KEPT_S)


def kept_under(models: Sequence[str], digest: str) -> str:
    """The key of the cache for a recording with this content hash, heard with these models."""
    return f"{LISTENING}{'+'.join(models)}:{digest}"


def _pack(notes: Notes) -> bytes:
    """A line of JSON, and after it the vectors of the sounds."""
    fields = {
        "at": [notes.spoken, notes.sounded],
        "language": notes.language,
        "utterances": [asdict(each) for each in notes.utterances],
        "sounds": [_sound(each) for each in notes.sounds],
    }
    vectors = [np.asarray(sound.reading.vector, dtype="<f4").tobytes() for sound in notes.sounds]
    return b"\n".join([json.dumps(fields).encode(), b"".join(vectors)])


def _unpack(value: bytes) -> Notes:
    head, _, payload = value.partition(b"\n")
    fields = json.loads(head)
    vectors = np.frombuffer(payload, dtype="<f4").astype(np.float32).reshape(len(fields["sounds"]), -1)
    sounds = [
        HeardSound(start, end, SoundReading(vector, tuple(Tag(*tag) for tag in tags), speech))
        for (start, end, tags, speech), vector in zip(fields["sounds"], vectors, strict=True)
    ]
    utterances = tuple(Utterance(**each) for each in fields["utterances"])
    spoken, sounded = fields["at"]
    return Notes(spoken, sounded, fields["language"], utterances, tuple(sounds))


def _sound(sound: HeardSound) -> list[Any]:
    tags = [[tag.name, tag.probability] for tag in sound.reading.tags]
    return [sound.start_s, sound.end_s, tags, sound.reading.speech]
