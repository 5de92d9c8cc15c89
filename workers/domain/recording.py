"""Recordings: the sound of an object as a stream, and what is heard in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples a second of every stream: what models of speech and sounds are trained on."""

Samples = NDArray[np.float32]
"""`(n,) float32` in [-1, 1], one channel, `SAMPLE_RATE` a second."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that is being decoded. `chunks` can be gone through once, before the next object is decoded.

    It raises `DamagedMedia` or `MediaTooLarge` where decoding ends with that. Its seconds are counted in samples: what
    the file itself says of its duration is not believed.
    """

    media_type: str
    chunks: Iterator[Samples] = field(repr=False)
    declared_s: float = 0.0
    """How long it says it is, for telling how far one is; 0 where it says nothing."""
