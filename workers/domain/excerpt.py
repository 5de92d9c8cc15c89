"""What is cut out of an object to show somebody the place that a citation leads to."""

from dataclasses import dataclass, field

from workers.domain.decoded import DecodedImage


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of a recording: `pcm` are signed 16-bit samples, little-endian, those of all channels in turn."""

    pcm: bytes | bytearray = field(repr=False)
    rate: int
    """Samples a second, of each channel."""
    channels: int


@dataclass(frozen=True, slots=True)
class Reel:
    """A piece of a video with its sound, as a file of this type. It is as hostile as the video is."""

    media_type: str
    data: bytes | bytearray = field(repr=False)


Excerpt = DecodedImage | Clip | Reel
