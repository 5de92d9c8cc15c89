"""Listening: a recording becomes what is said in it and what else is heard, in one pass and in constant memory."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from workers.domain.recording import SAMPLE_RATE, Recording, Samples
from workers.ingest.notes import HeardSound, Notes
from workers.ports.encoders import SoundEncoder
from workers.ports.transcriber import Transcriber, Utterance

WINDOW_S = 10
"""Seconds of sound in one embedding: long enough for an event and its surroundings, short enough to be cited."""
SHORTEST_S = 0.5
"""What is left at the end of a recording, and is shorter, is no window of its own."""


@dataclass(frozen=True, slots=True)
class Heard:
    """All that was heard in a recording, each part in order of time."""

    media_type: str
    utterances: tuple[Utterance, ...]
    sounds: tuple[HeardSound, ...]


@dataclass(frozen=True, slots=True)
class Listener:
    """The models that a recording goes through, side by side."""

    transcriber: Transcriber
    sound: SoundEncoder

    @property
    def models(self) -> tuple[str, str]:
        """What the notes of a recording depend on beside its content."""
        return self.transcriber.model, self.sound.space.model

    def warm(self) -> None:
        """Load both models, which otherwise happens at the first recording. Raises `ModelUnavailable`."""
        silence = np.zeros(SAMPLE_RATE, np.float32)
        list(self.transcriber.transcribe([silence]))
        self.sound.read([silence])

    def listen(
        self,
        recording: Recording,
        notes: Notes = Notes(),  # noqa: B008 - immutable
        *,
        noted: Callable[[Notes], None] = lambda _: None,
        passed: Callable[[float], None] = lambda _: None,
    ) -> Heard:
        """Go through the recording, once. What `notes` are of is decoded, but not listened to again.

        `noted` gets all notes after every stretch that is done with, `passed` the seconds after every chunk; what it
        raises ends the listening. Raises what the decoding raises, too, and `ModelUnavailable`.
        """
        windows = _Windows(self.sound, notes)
        begin = notes.spoken
        chunks = _overheard(recording.chunks, begin, windows, passed)
        for stretch in self.transcriber.transcribe(chunks, language=notes.language):
            said = tuple(_moved(each, begin / SAMPLE_RATE) for each in stretch.utterances)
            notes = Notes(
                spoken=begin + stretch.end,
                sounded=windows.end,
                language=stretch.language,
                utterances=notes.utterances + said,
                sounds=tuple(windows.sounds),
            )
            noted(notes)
        return Heard(recording.media_type, notes.utterances, tuple(windows.sounds))


class _Windows:
    """Cuts what it is given into windows and reads them. `end`: the samples that were read, or need not be."""

    def __init__(self, sound: SoundEncoder, notes: Notes) -> None:
        self.sounds = list(notes.sounds)
        self.end = notes.sounded
        self._sound = sound
        self._kept = np.empty(0, np.float32)

    def add(self, chunk: Samples, at: int) -> None:
        """The chunk that begins at this sample."""
        self._kept = np.concatenate([self._kept, chunk[max(0, self.end + len(self._kept) - at) :]])
        while len(self._kept) >= WINDOW_S * SAMPLE_RATE:
            window, self._kept = np.split(self._kept, [WINDOW_S * SAMPLE_RATE])
            self._read(window)

    def finish(self) -> None:
        """Read what is left."""
        if len(self._kept) >= SHORTEST_S * SAMPLE_RATE or (len(self._kept) and not self.end):
            self._read(self._kept)

    def _read(self, window: Samples) -> None:
        start, self.end = self.end, self.end + len(window)
        (reading,) = self._sound.read([window])
        if reading is not None:
            self.sounds.append(HeardSound(round(start / SAMPLE_RATE, 2), round(self.end / SAMPLE_RATE, 2), reading))


def _overheard(
    chunks: Iterable[Samples], begin: int, windows: _Windows, passed: Callable[[float], None]
) -> Iterator[Samples]:
    """The chunks as they come, on their way to the transcriber, without what lies before sample `begin`."""
    at = 0
    for chunk in chunks:
        windows.add(chunk, at)
        fresh = chunk[max(0, begin - at) :]
        at += len(chunk)
        passed(max(at, begin) / SAMPLE_RATE)
        if len(fresh):
            yield fresh
    windows.finish()


def _moved(utterance: Utterance, seconds: float) -> Utterance:
    if not seconds:
        return utterance
    return replace(utterance, start_s=round(utterance.start_s + seconds, 2), end_s=round(utterance.end_s + seconds, 2))
