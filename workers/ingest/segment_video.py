"""Segmentation of videos: the segment of a shot joins what was seen, said, heard and written in it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

import numpy as np

from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import MOVING_PICTURE, SCENE, Segment, Vector, parent_id, segment_id
from workers.domain.video import is_animation
from workers.errors import EmptyMedia
from workers.ingest.embed import SURE_ENOUGH
from workers.ingest.notes import HeardSound
from workers.ingest.segment_recording import NAMED
from workers.ingest.watch import SeenShot, Watched
from workers.ports.transcriber import Utterance

LONGEST_S = 20.0
"""Of a piece after the last picture: as long as those of a shot are, see `adapters.decoders.film`."""
OVERHANG_S = 1.0
"""By which sound may be longer than the pictures, as the last frame of a codec is."""

Timed = TypeVar("Timed", Utterance, HeardSound)


def video_segments(ref: ObjectRef, watched: Watched, image_space: str, sound_space: str) -> tuple[Segment, ...]:
    """A segment for each shot, or piece of a long one, in order of time; the pieces of a shot have one parent.

    They have the vectors of the key frame and of the sound; that of their text is still to come. A shot in which there
    is nothing to be found is left out. Raises `EmptyMedia` where that is all of them.
    """
    if not watched.shots:
        raise EmptyMedia(f"{ref.key} holds no picture")
    utterances = [_moved(each, watched.sound_from_s) for each in watched.heard.utterances]
    sounds = [_moved(each, watched.sound_from_s) for each in watched.heard.sounds]
    sounds = [each for each in sounds if not _is_told(each, utterances)]
    shots = _as_long_as_heard(watched.shots, utterances, sounds)
    said = _by_shot(utterances, shots)
    scene = MOVING_PICTURE if is_animation(watched.media_type) else SCENE
    segments = [
        _segment(ref, shot, said[number], _overlapping(sounds, shot), image_space, sound_space, scene)
        for number, shot in enumerate(shots)
    ]
    found = [each for each in segments if each.vectors or each.text]
    if not found:
        raise EmptyMedia(f"nothing is seen or heard in {ref.key}")
    return tuple(replace(each, ordinal=ordinal) for ordinal, each in enumerate(found))


def _segment(
    ref: ObjectRef,
    shot: SeenShot,
    said: Sequence[Utterance],
    sounds: Sequence[tuple[HeardSound, float]],
    image_space: str,
    sound_space: str,
    scene: str,
) -> Segment:
    vectors = {} if shot.vector is None else {image_space: shot.vector}
    if sounds:
        vectors[sound_space] = _mixed(sounds)
    described = _described(shot, sounds, scene)
    authored = [" ".join(each.text for each in said), *shot.written]
    text = "\n\n".join(part for part in (described, *authored) if part)
    span = Locator(start_s=shot.start_s, end_s=shot.end_s)
    return Segment(
        # Of the span alone: which frame is the key frame may change with the decoder.
        id=segment_id(ref, "video", span),
        ordinal=0,
        modality="video",
        locator=replace(span, frame_s=shot.frame_s),
        text=text,
        content_hash=sha256(text.encode(errors="surrogatepass")).hexdigest(),
        derived=bool(described) and not any(authored),
        vectors=vectors,
        parent=parent_id(ref, f"shot {shot.number}"),
    )


def _described(shot: SeenShot, sounds: Sequence[tuple[HeardSound, float]], scene: str) -> str:
    """What models see and hear, as the first paragraph of the text; empty where they are not sure."""
    seen = [shot.tags[0].name] if shot.tags and shot.tags[0].probability >= SURE_ENOUGH else []
    weights: dict[str, float] = defaultdict(float)
    for sound, overlap in sounds:
        for tag in sound.reading.tags[:NAMED]:
            weights[tag.name] += tag.probability * overlap
    heard = sorted(weights, key=lambda name: -weights[name])[:NAMED]
    parts = [*seen, *([f"sound of {', '.join(heard)}"] if heard else [])]
    return scene + "; ".join(parts) if parts else ""


def _mixed(sounds: Sequence[tuple[HeardSound, float]]) -> Vector:
    """The vectors of the windows, each by how much of it is in the shot."""
    weighted = [np.asarray(sound.reading.vector) * overlap for sound, overlap in sounds]
    mixed: Vector = np.sum(weighted, axis=0).astype(np.float32)
    length = float(np.linalg.norm(mixed))
    return mixed / np.float32(length) if length else sounds[0][0].reading.vector


def _is_told(sound: HeardSound, utterances: Sequence[Utterance]) -> bool:
    """Whether the window is speech that is in the transcript."""
    return sound.reading.speech and any(
        each.start_s < sound.end_s and each.end_s > sound.start_s for each in utterances
    )


def _overlapping(sounds: Iterable[HeardSound], shot: SeenShot) -> list[tuple[HeardSound, float]]:
    """The windows of sound that reach into the shot, with the seconds that they do."""
    overlaps = ((each, _overlap(each, shot)) for each in sounds)
    return [(each, seconds) for each, seconds in overlaps if seconds > 0]


def _by_shot(utterances: Sequence[Utterance], shots: Sequence[SeenShot]) -> dict[int, list[Utterance]]:
    """The number of each shot -> what is said in it. A sentence belongs to the shot in which most of it is said."""
    said: dict[int, list[Utterance]] = defaultdict(list)
    ends, starts = [shot.end_s for shot in shots], [shot.start_s for shot in shots]
    for each in utterances:
        first = min(bisect_right(ends, each.start_s), len(shots) - 1)
        reached = range(first, max(first + 1, bisect_left(starts, each.end_s)))
        said[max(reached, key=lambda number: _overlap(each, shots[number]))].append(each)
    return said


def _as_long_as_heard(
    shots: Sequence[SeenShot], utterances: Sequence[Utterance], sounds: Sequence[HeardSound]
) -> list[SeenShot]:
    """The shots; the last one goes on, in pieces, while something is heard after the last picture."""
    last = shots[-1]
    heard = [each.end_s for each in sounds if each.end_s > last.end_s + OVERHANG_S]
    end = max([last.end_s, *(each.end_s for each in utterances), *heard])
    whole = max(last.end_s, min(end, last.start_s + LONGEST_S))
    pieces = [*shots[:-1], replace(last, end_s=whole)]
    while pieces[-1].end_s < end:
        start = pieces[-1].end_s
        # What is still shown was told already, and nothing else is seen.
        unseen = replace(last, vector=None, tags=(), written=())
        pieces.append(replace(unseen, start_s=start, end_s=min(end, start + LONGEST_S)))
    return pieces


def _overlap(one: Utterance | HeardSound, shot: SeenShot) -> float:
    return min(one.end_s, shot.end_s) - max(one.start_s, shot.start_s)


def _moved(one: Timed, by_s: float) -> Timed:
    """The same by the seconds of the pictures; what comes before the first of them is at 0."""
    return replace(one, start_s=max(0.0, one.start_s + by_s), end_s=max(0.0, one.end_s + by_s))
