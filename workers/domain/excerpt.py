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


Excerpt = DecodedImage | Clip
