"""What the decoders give back inside the child process: plain values, without numpy, which costs 150 ms to import."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A text in its final form; `markup` is `plain` or `markdown`."""

    media_type: str
    text: str = field(repr=False)
    markup: str = "plain"


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels`: `height x width x 3` bytes of RGB, by rows; `original`: the upright (width, height) before scaling."""

    media_type: str
    pixels: bytes = field(repr=False)
    size: tuple[int, int]
    original: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of a recording. `pcm`: signed 16-bit samples, little-endian, one channel, 16,000 a second."""

    media_type: str
    pcm: bytes = field(repr=False)


Result = Text | Picture
