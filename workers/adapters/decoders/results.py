"""What the decoders give back inside the child process: plain values, without numpy, which costs 150 ms to import.

The parts of a document mean what those of `workers.domain.decoded` mean.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1) as fractions of the page or picture as it is shown, from its top left corner."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Text:
    """A text in its final form; `markup` is `plain` or `markdown`."""

    media_type: str
    text: str = field(repr=False)
    markup: str = "plain"


@dataclass(frozen=True, slots=True)
class Taken:
    """When a picture was taken, in seconds since 1970, and where, in degrees north and east."""

    at: int | None = None
    place: tuple[float, float] | None = None


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
    taken: Taken = Taken()


class Line(NamedTuple):
    """A line of a page. A tuple, as there are a hundred on a page."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class PagePicture:
    """`pixels` as those of a `Picture`, in any buffer of bytes; `box` is None where it shows the whole page."""

    pixels: bytes | memoryview = field(repr=False)
    size: tuple[int, int]
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `lost` says what of it could not be read."""

    number: int
    lines: tuple[Line, ...] = ()
    pictures: tuple[PagePicture, ...] = ()
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of the outline; `level` counts from 0, `page` from 1."""

    level: int
    title: str
    page: int


@dataclass(frozen=True, slots=True)
class Document:
    """Pages in order, and the outline in the order of the document."""

    media_type: str
    pages: tuple[Page, ...]
    outline: tuple[Heading, ...] = ()


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of a recording, or of a video's sound track.

    `pcm`: signed 16-bit samples, little-endian, one channel, 16,000 a second. `from_s` is when the track begins, in
    seconds from the first picture. `declared_s` is how long the file says it is, and 0 where it says nothing.
    """

    media_type: str
    pcm: bytes = field(repr=False)
    declared_s: float = 0.0
    from_s: float = 0.0


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """`pixels` as those of a `Picture`."""

    pixels: bytes = field(repr=False)
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot of a video, or a piece of one: the pieces of a shot have its `number`, which counts from 0.

    Seconds count from the first frame. `frame` is the picture at `frame_s`; `to_read` the same where it can be larger;
    `blank`: all of it is one shade.
    """

    media_type: str
    number: int
    start_s: float
    end_s: float
    frame_s: float
    blank: bool
    frame: KeyFrame
    to_read: KeyFrame | None = None
    declared_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Alive:
    """Nothing yet, but the decoder came as far as `seconds`: a long shot must not be taken for one that hangs."""

    media_type: str
    seconds: float
    declared_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Clip:
    """A piece of a recording: `pcm` are signed 16-bit samples, little-endian, those of all channels in turn."""

    pcm: bytes = field(repr=False)
    rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Reel:
    """A piece of a video, as a file of this type."""

    media_type: str
    data: bytes = field(repr=False)


Result = Text | Picture | Document
Part = Sound | Shot | Alive
"""What recordings and videos come in, in order of time."""
