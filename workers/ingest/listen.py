"""Listening: a recording becomes what is said in it and what else is heard, in one pass and in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from workers.domain.recording import SAMPLE_RATE, Recording, Samples
from workers.ports.encoders import SoundEncoder, SoundReading
from workers.ports.transcriber import Transcriber, Utterance

WINDOW_S = 10
"""Seconds of sound in one embedding: long enough for an event and its surroundings, short enough to be cited."""
SHORTEST_S = 0.5
"""What is left at the end of a recording, and is shorter, is no window of its own."""


@dataclass(frozen=True, slots=True)
class HeardSound:
    """What a window sounds like. Seconds count from the beginning of the recording."""

    start_s: float
    end_s: float
    reading: SoundReading


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

    def listen(self, recording: Recording) -> Heard:
        """Go through the recording, once. Raises what its decoding raises, and `ModelUnavailable`."""
        sounds: list[HeardSound] = []
        utterances = tuple(self.transcriber.transcribe(self._overhear(recording.chunks, sounds)))
        return Heard(recording.media_type, utterances, tuple(sounds))

    def _overhear(self, chunks: Iterable[Samples], sounds: list[HeardSound]) -> Iterator[Samples]:
        """The chunks as they come, on their way to the transcriber; what they sound like is added to `sounds`."""
        kept, at = np.empty(0, np.float32), 0
        for chunk in chunks:
            kept = np.concatenate([kept, chunk])
            while len(kept) >= WINDOW_S * SAMPLE_RATE:
                window, kept = np.split(kept, [WINDOW_S * SAMPLE_RATE])
                self._read(window, at, sounds)
                at += len(window)
            yield chunk
        if len(kept) >= SHORTEST_S * SAMPLE_RATE or (len(kept) and not at):
            self._read(kept, at, sounds)

    def _read(self, window: Samples, at: int, sounds: list[HeardSound]) -> None:
        (reading,) = self.sound.read([window])
        if reading is not None:
            sounds.append(HeardSound(round(at / SAMPLE_RATE, 2), round((at + len(window)) / SAMPLE_RATE, 2), reading))
