"""Watching: a video becomes what is seen, read, said and heard in it, in one pass and in constant memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from workers.domain.decoded import Pixels, Tag
from workers.domain.media import ObjectRef
from workers.domain.recording import Recording, Samples
from workers.domain.segment import Vector
from workers.domain.video import Shot, Video
from workers.ingest.listen import Heard
from workers.ingest.read import PictureReader
from workers.ports.encoders import ImageEncoder

BATCH = 16
"""Key frames that are encoded at once: 11 MB of pixels."""
SAME = 3.0
"""Grey levels, on average, by which two key frames of one shot may differ that have the same words in them."""
EVERY = 8
"""Of their pixels one in so many rows and columns is compared."""


@dataclass(frozen=True, slots=True)
class SeenShot:
    """A shot, or a piece of one, as `Shot` has it, with what its key frame shows and what is written in it."""

    number: int
    start_s: float
    end_s: float
    frame_s: float
    vector: Vector | None
    """Of the key frame, in the image encoder's space; None where it is blank."""
    tags: tuple[Tag, ...]
    written: tuple[str, ...]
    """A text for each paragraph."""


@dataclass(frozen=True, slots=True)
class Watched:
    """All of a video: its shots, and what is heard, by the same seconds."""

    media_type: str
    shots: tuple[SeenShot, ...]
    heard: Heard
    sound_from_s: float
    """When the sound track begins: the seconds of `heard` count from then."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """The models that the pictures of a video go through. No `reader` reads nothing."""

    image: ImageEncoder
    reader: PictureReader | None

    def watch(
        self,
        ref: ObjectRef,
        video: Video,
        listen: Callable[[Recording], Heard],
        *,
        passed: Callable[[float], None] = lambda _: None,
    ) -> Watched:
        """Go through the video, once, while `listen` goes through its sound.

        `passed` gets the seconds after every shot; what it raises ends the watching. Raises what the decoding raises,
        too, and `ModelUnavailable`.
        """
        sight = _Sight(ref, self.image, self.reader)
        sound = _sound(video, sight, passed)
        first = next(sound, None)
        heard = Heard(video.media_type, (), ())
        if first is not None:  # without sound, no model of speech is needed
            heard = listen(Recording(video.media_type, chain([first], sound), video.declared_s))
        return Watched(video.media_type, sight.finish(), heard, sight.sound_from_s)


def _sound(video: Video, sight: "_Sight", passed: Callable[[float], None]) -> Iterator[Samples]:
    """The sound of the video on its way to whoever listens; the shots beside it go to `sight`."""
    for part in video.parts:
        if isinstance(part, Shot):
            sight.see(part)
            passed(part.end_s)
        else:
            sight.sound_from_s = part.from_s
            yield part.samples


@dataclass(slots=True)
class _Sight:
    """Takes shots as they come, and keeps of their pictures only those of the next batch and the last one."""

    ref: ObjectRef
    image: ImageEncoder
    reader: PictureReader | None
    sound_from_s: float = 0.0
    _seen: list[SeenShot] = field(default_factory=list)
    _waiting: list[tuple[Shot, tuple[str, ...]]] = field(default_factory=list)
    _last: tuple[Shot, tuple[str, ...]] | None = None

    def see(self, shot: Shot) -> None:
        written = self._written(shot)
        # The larger picture was read by now, and both are views of what was sent.
        pixels = shot.pixels.copy()
        self._last = replace(shot, pixels=pixels, to_read=pixels), written
        self._waiting.append(self._last)
        if len(self._waiting) >= BATCH:
            self._encode()

    def finish(self) -> tuple[SeenShot, ...]:
        self._encode()
        return tuple(self._seen)

    def _written(self, shot: Shot) -> tuple[str, ...]:
        if self.reader is None or shot.blank:
            return ()
        if self._last is not None and _look_alike(self._last[0], shot):
            return self._last[1]
        return tuple(each.text for each in self.reader.paragraphs(self.ref, shot.pixels, shot.to_read))

    def _encode(self) -> None:
        visible = [shot for shot, _ in self._waiting if not shot.blank]
        readings = iter(self.image.read([shot.pixels for shot in visible]) if visible else ())
        for shot, written in self._waiting:
            reading = None if shot.blank else next(readings)
            vector, tags = (None, ()) if reading is None else (reading.vector, reading.tags)
            times = shot.number, shot.start_s, shot.end_s, shot.frame_s
            self._seen.append(SeenShot(*times, vector, tags, written))
        self._waiting.clear()


def _look_alike(one: Shot, other: Shot) -> bool:
    """Whether these pieces of one shot show the same: a slide that stands for minutes is read once."""
    if one.number != other.number or one.pixels.shape != other.pixels.shape:
        return False
    return float(np.abs(_sample(one.pixels) - _sample(other.pixels)).mean()) <= SAME


def _sample(pixels: Pixels) -> NDArray[np.int16]:
    return pixels[::EVERY, ::EVERY].astype(np.int16)
