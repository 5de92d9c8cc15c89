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


Result = Text | Picture
