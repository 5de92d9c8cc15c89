"""Decoded content, as it comes out of the decoder and goes into segmentation and the encoders."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workers.domain.locator import Box

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


Decoded = DecodedText | DecodedImage
