"""Decoded content, as it comes out of the decoder and goes into segmentation and the encoders."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
    """A picture. `width` and `height` are the original's, upright; `pixels` may be smaller."""

    media_type: str
    pixels: Pixels = field(repr=False)
    width: int
    height: int


Decoded = DecodedText | DecodedImage
