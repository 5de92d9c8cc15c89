"""Segmentation of recordings: sentences in groups of half a minute, and windows of sound that are no speech."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Segment, segment_id
from workers.errors import EmptyMedia
from workers.ingest.listen import Heard
from workers.ingest.notes import HeardSound
from workers.ports.transcriber import Utterance

ENOUGH_S = 20.0
"""A group of sentences ends with the first sentence that ends after this."""
MOST_S = 30.0
LONG_PAUSE_S = 10.0
"""After a longer pause something else begins."""
SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
NAMED = 3
"""Tags in the text of a sound."""


def recording_segments(ref: ObjectRef, heard: Heard, sound_space: str) -> tuple[Segment, ...]:
    """The segments of one recording, in order of time; sounds have their vectors already. Raises `EmptyMedia`."""
    speech = [_speech(ref, group) for group in grouped(heard.utterances)]
    spoken = [(each.start_s, each.end_s) for each in heard.utterances]
    sounds = [_sound(ref, each, sound_space) for each in heard.sounds if not _is_told(each, spoken)]
    if not speech and not sounds:
        raise EmptyMedia(f"nothing is heard in {ref.key}")
    return tuple(_in_order([*_told_apart(ref, speech), *sounds]))


def grouped(utterances: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    """Utterances in groups that end with a sentence, after about 20 s and within 30 s where that can be."""
    group: list[Utterance] = []
    for utterance in utterances:
        if group and _ends_before(group, utterance):
            yield group
            group = []
        group.append(utterance)
    if group:
        yield group


def _told_apart(ref: ObjectRef, speech: Sequence[Segment]) -> Iterator[Segment]:
    """The segments; those in the same seconds get ids of their own."""
    times: Counter[Locator] = Counter()
    for segment in speech:
        nth = times[segment.locator]
        times[segment.locator] += 1
        # The first of sounds in these seconds is 1.
        yield segment if not nth else replace(segment, id=segment_id(ref, "audio", segment.locator, nth + 1))


def sound_text(names: Sequence[str]) -> str:
    """What a generator and the keyword index are told of a sound."""
    return f"Sound of: {'; '.join(names)}"


def _ends_before(group: Sequence[Utterance], following: Utterance) -> bool:
    begin, end = group[0].start_s, group[-1].end_s
    if following.end_s - begin > MOST_S or following.start_s - end > LONG_PAUSE_S:
        return True
    return end - begin >= ENOUGH_S and group[-1].text.endswith(SENTENCE_ENDS)


def _speech(ref: ObjectRef, group: Sequence[Utterance]) -> Segment:
    text = " ".join(utterance.text for utterance in group)
    locator = Locator(start_s=group[0].start_s, end_s=group[-1].end_s)
    return _segment(ref, locator, text, text.encode(errors="surrogatepass"))


def _sound(ref: ObjectRef, sound: HeardSound, space: str) -> Segment:
    vector = sound.reading.vector
    locator = Locator(start_s=sound.start_s, end_s=sound.end_s)
    text = sound_text([tag.name for tag in sound.reading.tags[:NAMED]])
    segment = _segment(ref, locator, text, np.asarray(vector, dtype="<f4").tobytes())
    # A barking dog may be taken for somebody who shouts, in the same seconds.
    identity = segment_id(ref, "audio", locator, 1)
    return replace(segment, id=identity, derived=True, vectors={space: vector})


def _segment(ref: ObjectRef, locator: Locator, text: str, content: bytes) -> Segment:
    identity = segment_id(ref, "audio", locator)
    return Segment(identity, 0, "audio", locator, text, sha256(content).hexdigest())


def _is_told(sound: HeardSound, spoken: Sequence[tuple[float, float]]) -> bool:
    """Whether the window is speech, and most of it is in the transcript."""
    if not sound.reading.speech:
        return False
    overlap = sum(max(0.0, min(end, sound.end_s) - max(start, sound.start_s)) for start, end in spoken)
    return overlap > (sound.end_s - sound.start_s) / 2


def _in_order(segments: Sequence[Segment]) -> Iterator[Segment]:
    ordered = sorted(segments, key=lambda segment: (segment.locator.start_s or 0.0, segment.derived))
    return (replace(segment, ordinal=ordinal) for ordinal, segment in enumerate(ordered))
