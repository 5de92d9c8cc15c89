"""Whisper through faster-whisper (CTranslate2): speech to text, block by block, in constant memory.

A block of minutes is searched for speech with Silero's voice activity detector, which faster-whisper brings along; only
what it takes for speech is joined and recognized, as faster-whisper does it by itself with `vad_filter=True`. That
would hold the spectrogram of the whole recording: 1.2 GB for an hour.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workers.adapters.models.loading import LoadOnce, give_back_freed_memory
from workers.domain.recording import SAMPLE_RATE, Samples
from workers.ports.transcriber import Stretch, Utterance

BLOCK_S = 120
"""Whisper reads windows of 30 s, and the last one of a block is partly empty: the longer, the less that costs. But the
voice activity detector takes half a megabyte for a second (docs/decisions/015-recordings.md)."""
LONGEST_SPEECH_S = 30
"""Speech without a pause is cut after this, so that a block always has a place where it can end."""
PAUSE_MS = 500
LONGEST_PAUSE_S = 2.0
"""Within an utterance; about the longest that a reader makes between two sentences."""
THREADS = 4
"""At most: with more, the small models of the profiles do not get faster."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech from sample `start` to sample `end` of a block."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Samples with the speech in them, from sample `begin` of all on; the next block begins at `end`."""

    samples: Samples
    begin: int
    end: int
    speech: Sequence[Speech]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word, with its white space, from sample `start` to sample `end` of a block."""

    text: str
    start: int
    end: int


class WhisperTranscriber:
    """`ports.transcriber.Transcriber`. `directory` gives the folder of a model in CTranslate2's format, at first use.

    One recording at a time. The language is that of the first speech: nobody wants it to change with every mumble.
    """

    def __init__(self, directory: Callable[[], Path], model: str) -> None:
        self._model = model
        self._whisper = LoadOnce(model, lambda: _load(directory()))

    @property
    def model(self) -> str:
        """See `ports.transcriber.Transcriber`."""
        return self._model

    def transcribe(self, chunks: Iterable[Samples], *, language: str = "") -> Iterator[Stretch]:
        """See `ports.transcriber.Transcriber`."""
        whisper = self._whisper.get()
        for block in _blocks(chunks):
            said: tuple[Utterance, ...] = ()
            if block.speech:
                language, said = _said(whisper, block, language)
            give_back_freed_memory()
            yield Stretch(block.end, language, said)


def _said(whisper: Any, block: _Block, language: str) -> tuple[str, tuple[Utterance, ...]]:
    """The language of a block and what is said in it."""
    joined = np.concatenate([block.samples[each.start : each.end] for each in block.speech])
    found, info = whisper.transcribe(
        joined,
        language=language or None,
        word_timestamps=True,
        # Each window stands for itself: a text once misheard is not carried through the whole recording.
        condition_on_previous_text=False,
    )
    language = str(info.language)
    return language, tuple(u for each in found for u in _utterances(each, language, block.speech, block.begin))


def _load(directory: Path) -> Any:
    from faster_whisper import WhisperModel  # noqa: PLC0415 - takes a second

    threads = min(THREADS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return WhisperModel(
        str(directory), device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1, local_files_only=True
    )


def _blocks(chunks: Iterable[Samples]) -> Iterator[_Block]:
    """One block after another. None ends within speech but the last."""
    kept: list[Samples] = []
    begin = 0
    for chunk in chunks:
        kept.append(chunk)
        if sum(map(len, kept)) < BLOCK_S * SAMPLE_RATE:
            continue
        block = np.concatenate(kept)
        speech = _speech(block)
        # The last stretch may go on in the next chunk. It begins later than 0: a longer one would have been cut.
        end = speech.pop().start if speech and speech[-1].start > 0 else len(block)
        yield _Block(block, begin, begin + end, speech)
        kept = [block[end:].copy()]
        begin += end
    block = np.concatenate(kept) if kept else np.empty(0, np.float32)
    yield _Block(block, begin, begin + len(block), _speech(block) if len(block) else [])


def _speech(block: Samples) -> list[Speech]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps  # noqa: PLC0415 - brings onnxruntime

    options = VadOptions(max_speech_duration_s=LONGEST_SPEECH_S, min_silence_duration_ms=PAUSE_MS)
    return [Speech(each["start"], each["end"]) for each in get_speech_timestamps(block, options)]


def _utterances(found: Any, language: str, speech: Sequence[Speech], begin: int) -> Iterator[Utterance]:
    """A segment of Whisper's, in several where the recording pauses in it: the joined speech does not show that."""
    said: list[_Word] = []
    for word in [_placed(word, speech) for word in found.words]:
        if said and word.start - said[-1].end > LONGEST_PAUSE_S * SAMPLE_RATE:
            yield from _utterance(said, found, language, begin)
            said = []
        said.append(word)
    yield from _utterance(said, found, language, begin)


def _utterance(said: Sequence[_Word], found: Any, language: str, begin: int) -> Iterator[Utterance]:
    text = "".join(word.text for word in said).strip()
    if text and said[0].start < said[-1].end:
        yield Utterance(
            start_s=round((begin + said[0].start) / SAMPLE_RATE, 2),
            end_s=round((begin + said[-1].end) / SAMPLE_RATE, 2),
            text=text,
            language=language,
            confidence=math.exp(min(0.0, found.avg_logprob)),
        )


def _placed(word: Any, speech: Sequence[Speech]) -> _Word:
    """The word where it was said. It belongs to the stretch that its middle is in, and does not reach beyond that."""
    middle, passed = (word.start + word.end) / 2 * SAMPLE_RATE, 0
    for stretch in speech:
        length = stretch.end - stretch.start
        if middle < passed + length or stretch is speech[-1]:
            break
        passed += length
    start, end = (stretch.start + round(seconds * SAMPLE_RATE) - passed for seconds in (word.start, word.end))
    return _Word(word.word, min(max(start, stretch.start), stretch.end), min(max(end, stretch.start), stretch.end))
