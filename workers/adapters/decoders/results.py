"""What the decoders give back inside the child process: plain values, without numpy, which costs 150 ms to import."""

from dataclasses import dataclass, field

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in its final form; `markup` is `plain` or `markdown`."""

    media_type: str
    text: str = field(repr=False)
    markup: str = "plain"


@dataclass(frozen=True, slots=True)
class Picture:
    """`pixels`: `height x width x 3` bytes of RGB, by rows; `original`: the upright (width, height) before scaling.

    `visible`: (x0, y0, x1, y1), the part of the original that the pixels show, in fractions of its width and height.
    """

    media_type: str
    pixels: bytes = field(repr=False)
    size: tuple[int, int]
    original: tuple[int, int]
    visible: Box = WHOLE


Result = Text | Picture
