"""A look at a picture that takes 2 ms and says whether there may be text in it.

Text is strokes: two shades, each of them even, that alternate along a line. Fur, leaves and noise alternate too, but
have every shade in between. The thresholds were set on photographs with and without words drawn into them; the
benchmark `python -m benchmarks.reading` counts what is missed and what is looked at in vain.
"""

from typing import Any

import numpy as np

from workers.domain.decoded import Pixels

SIDE = 640
"""Longest side that is looked at. Letters of 8 pixels on it are seen, on an even ground also those of 5."""
AROUND = 15
"""Pixels around each one, among which the darkest and the lightest are the two shades."""
CONTRAST = 60
"""Least difference between the shades, of 255."""
NEAR, NEAR_ON_EVEN = 0.25, 0.33
"""Share of that difference within which a pixel is of one of the shades. Small letters are blurred and need the second,
with which fur is taken for text: so that is for pages and screens, most of which is of one shade."""
EVEN_GROUND = 0.4
"""Least share of such a picture within two of 255 steps of one shade."""
STRIP = (33, 11)
"""Width and height of the piece of a line over which shades are counted: a few letters."""
LINE = (41, 5)
"""The piece of a line that must look like text for the most part."""
EVEN, MINOR, CHANGES, ALONG = 0.72, 0.12, 0.12, 0.5
"""Least shares of a strip: of pixels near one of the shades, near the rarer one, of changes; and of a line."""


def may_have_text(picture: Pixels) -> bool:
    """Whether a line of text may be in it, upright or on its side. Misses text of little contrast."""
    import cv2  # noqa: PLC0415 - with its model only

    grey = _reduced(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    square = np.ones((AROUND, AROUND), np.uint8)
    dark, light = cv2.erode(grey, square), cv2.dilate(grey, square)
    span = cv2.subtract(light, dark)
    strong = _above(span, CONTRAST)
    near = cv2.convertScaleAbs(span, alpha=NEAR_ON_EVEN if _is_even(grey) else NEAR)
    near_dark = cv2.compare(cv2.subtract(grey, dark), near, cv2.CMP_LT)
    near_light = cv2.compare(cv2.subtract(light, grey), near, cv2.CMP_LT)
    inked = cv2.compare(cv2.subtract(grey, dark), cv2.subtract(light, grey), cv2.CMP_LT)
    shades = (near_dark, near_light, inked, strong)
    return _has_line(*shades, upright=True) or _has_line(*shades, upright=False)


def _reduced(grey: Any) -> Any:
    import cv2  # noqa: PLC0415 - with its model only

    scale = SIDE / max(grey.shape)
    if scale >= 1:
        return grey
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _is_even(grey: Any) -> bool:
    import cv2  # noqa: PLC0415 - with its model only

    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    return bool(np.convolve(counts, np.ones(5)).max() > EVEN_GROUND * grey.size)


def _has_line(near_dark: Any, near_light: Any, inked: Any, strong: Any, *, upright: bool) -> bool:
    """All are `(height, width) uint8`, 0 or 255; a line runs along the width, or along the height."""
    import cv2  # noqa: PLC0415 - with its model only

    strip, line = (STRIP, LINE) if upright else (STRIP[::-1], LINE[::-1])
    darks, lights = cv2.blur(near_dark, strip), cv2.blur(near_light, strip)
    changes = np.zeros_like(inked)
    if upright:
        changes[:, 1:] = inked[:, 1:] ^ inked[:, :-1]
    else:
        changes[1:] = inked[1:] ^ inked[:-1]
    like_text = _above(cv2.add(darks, lights), 255 * EVEN)
    like_text &= _above(cv2.min(darks, lights), 255 * MINOR)
    like_text &= _above(cv2.blur(changes, strip), 255 * CHANGES)
    like_text &= strong
    return bool(cv2.blur(like_text, line).max() > 255 * ALONG)


def _above(values: Any, least: float) -> Any:
    """255 where one of `values` is above `least`, else 0."""
    import cv2  # noqa: PLC0415 - with its model only

    return cv2.threshold(values, least, 255, cv2.THRESH_BINARY)[1]
