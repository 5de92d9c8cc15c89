"""Decoded content, as it comes out of the decoder and goes into segmentation and the encoders."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from workers.domain.locator import Box
from workers.domain.taken import UNKNOWN, Taken

Pixels = NDArray[np.uint8]
"""`(height, width, 3) uint8`, RGB, upright, transparency composited on white."""


@dataclass(frozen=True, slots=True)
class Tag:
    """What a classifier sees: a name and its probability."""

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text object. `text` is what the locators' `chars` count in; `markup` says how it may be cut."""

    media_type: str
    text: str
    markup: str = "plain"
    """`plain` or `markdown`."""


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A picture. `width` and `height` are the original's, upright; `pixels` may be smaller.

    `visible` is the part of the original that `pixels` show: all of it, but where its edges are transparent.
    """

    media_type: str
    pixels: Pixels = field(repr=False)
    width: int
    height: int
    visible: Box = (0.0, 0.0, 1.0, 1.0)
    taken: Taken = UNKNOWN


CELL = " | "
"""What parts the cells of a row."""


class Line(NamedTuple):
    """A line of a page. The cells of a table's row are one line, with `CELL` between them.

    A tuple, which costs half of a class: a document has ten thousand of them.
    """

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A figure of a page with its place; without `box`, the page itself as it looks."""

    pixels: Pixels = field(repr=False)
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page, or slide. `number` counts from 1; `lines` are in reading order.

    A page without lines may have text all the same, in its pictures. `lost` says in one sentence what of the page could
    not be read, and is empty where all of it was.
    """

    number: int
    lines: tuple[Line, ...] = ()
    pictures: tuple[PagePicture, ...] = ()
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """An entry of a document's outline: `level` counts from 0, `page` is where its section begins."""

    level: int
    title: str
    page: int


@dataclass(frozen=True, slots=True)
class DecodedDocument:
    """A document of pages. `outline` is in the order of the document."""

    media_type: str
    pages: tuple[Page, ...]
    outline: tuple[Heading, ...] = ()


Decoded = DecodedText | DecodedImage | DecodedDocument


def pixel_bytes(decoded: object) -> int:
    """How much the pictures of an object hold in memory: nothing for what has none."""
    if isinstance(decoded, DecodedImage):
        return decoded.pixels.nbytes
    if isinstance(decoded, DecodedDocument):
        return sum(picture.pixels.nbytes for page in decoded.pages for picture in page.pictures)
    return 0


def without_pixels(image: DecodedImage) -> DecodedImage:
    """All that is known of a picture but the picture."""
    return replace(image, pixels=np.empty((0, 0, 3), np.uint8))


def without_pictures(document: DecodedDocument) -> DecodedDocument:
    """The document without its pictures."""
    return replace(document, pages=tuple(replace(page, pictures=()) for page in document.pages))
