"""Videos: the pictures and the sound of an object as a stream."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from workers.domain.decoded import Pixels
from workers.domain.recording import Samples


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot, or a piece of a long one, and its key frame: the pieces of a shot have its `number`, from 0.

    Seconds count from the first picture. `to_read` is the key frame as large as is good for reading; `blank`: there is
    nothing in it but one shade.
    """

    number: int
    start_s: float
    end_s: float
    frame_s: float
    blank: bool
    pixels: Pixels = field(repr=False)
    to_read: Pixels = field(repr=False)


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """The next piece of the sound track, which as a whole begins at `from_s`."""

    from_s: float
    samples: Samples = field(repr=False)


def is_animation(media_type: str) -> bool:
    """Whether a `Video` of this type is a picture that moves: a GIF, for example."""
    return media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class Video:
    """A video, or a picture that moves, that is being decoded.

    `parts` can be gone through once, before the next object is decoded.

    Shots and sound come as the file has them beside one another, each in order of time. It raises what a `Recording`'s
    chunks raise, and `EmptyMedia` where there was no picture.
    """

    media_type: str
    parts: Iterator[Shot | SoundPiece] = field(repr=False)
    declared_s: float = 0.0
    """How long it says it is, for telling how far one is; 0 where it says nothing."""
