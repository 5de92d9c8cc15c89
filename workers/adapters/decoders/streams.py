"""What a decoding process may send of a recording or video, frame by frame, before the worker believes it.

The process may have been taken over by what it decoded: it must come forward with every part, and come to an end.
"""

from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.unpacking import NONSENSE, unpack_samples, unpack_shot, unpack_sound
from workers.domain.recording import SAMPLE_RATE, Samples
from workers.domain.video import Shot, SoundPiece
from workers.errors import DamagedMedia

Frame = tuple[dict[str, Any], bytearray]
ENDING_S = 1.0
"""Seconds by which the last shot may pass the limit: a picture is shown for a while."""


def video_parts(frames: Iterator[Frame], sides: tuple[int, int], limits: DecodeLimits) -> Iterator[Shot | SoundPiece]:
    """The shots and the sound of a video; all of the sound begins where the first piece of it says.

    `sides`: of the pictures, as `unpack_shot` has them. Raises `DamagedMedia` for what no decoder of ours sends.
    """
    left, shown, from_s = limits.max_recording_s * SAMPLE_RATE, 0.0, None
    for header, payload in _counted(frames, limits):
        part = header.get("part")
        if part == "shot":
            shot = unpack_shot(header, payload, sides, shown)
            shown = shot.end_s
            if shown > limits.max_recording_s + ENDING_S:
                raise DamagedMedia(NONSENSE)
            yield shot
        elif part == "sound":
            piece = unpack_sound(header, payload)
            left -= len(piece.samples)
            from_s = piece.from_s if from_s is None else from_s
            if left < 0 or piece.from_s != from_s:
                raise DamagedMedia(NONSENSE)
            yield piece
        elif part != "alive" or payload:
            raise DamagedMedia(NONSENSE)


def recording_chunks(frames: Iterator[Frame], limits: DecodeLimits) -> Iterator[Samples]:
    """The sound of a recording, no more than a decoder sends that refuses longer ones. Raises `DamagedMedia`."""
    left = limits.max_recording_s * SAMPLE_RATE
    for header, payload in _counted(frames, limits):
        samples = unpack_samples(payload)
        left -= len(samples)
        if left < 0 or header.get("part") != "sound":
            raise DamagedMedia(NONSENSE)
        yield samples


def _counted(frames: Iterator[Frame], limits: DecodeLimits) -> Iterator[Frame]:
    """The same. Raises `DamagedMedia` for one more than there can be, and for one that is too large."""
    left = limits.max_parts
    for frame in frames:
        left -= 1
        if left < 0 or len(frame[1]) > limits.max_part:
            raise DamagedMedia(NONSENSE)
        yield frame
