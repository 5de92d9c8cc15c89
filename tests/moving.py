"""Animations that tests make themselves: slide shows of boards with words, and loops of one scene."""

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.clips import LEMUR, photograph

SIZE = (320, 240)
CODECS = ("GIF", "PNG", "WEBP", "AVIF")
GREETINGS = ("The ferry leaves at nine", "No swimming here", "Feeding time is noon", "Mind the seals")
_OPTIONS: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "AVIF": {"quality": 90}}


def slide(words: str, size: tuple[int, int] = SIZE, *, colour: str = "white") -> Image.Image:
    """A board with these words, a tenth of its height, in black."""
    image = Image.new("RGB", size, colour)
    font = ImageFont.load_default(size[1] // 12)
    ImageDraw.Draw(image).text((size[0] // 20, size[1] // 3), words, fill="black", font=font)
    return image


def slides(count: int = len(GREETINGS), size: tuple[int, int] = SIZE) -> list[Image.Image]:
    """So many boards, each with other words."""
    return [slide(f"{GREETINGS[number % len(GREETINGS)]} {str(number) * 3}", size) for number in range(count)]


def animated(
    frames: Sequence[Image.Image], codec: str = "GIF", durations: int | Sequence[int] = 1000, **options: Any
) -> bytes:
    """A file of these frames, each shown for so many milliseconds."""
    out = io.BytesIO()
    more: dict[str, Any] = {**_OPTIONS.get(codec, {}), **options}
    frames[0].save(
        out,
        codec,
        save_all=True,
        append_images=frames[1:],
        duration=durations if isinstance(durations, int) else list(durations),
        **more,
    )
    return out.getvalue()


def pan(count: int, *, far: int = 60) -> Iterator[Image.Image]:
    """The camera goes over a photograph, by `far` of its pixels."""
    width, height = SIZE
    wide = Image.fromarray(photograph(LEMUR, (width + far, height)))
    for number in range(count):
        left = far * number // count
        yield wide.crop((left, 0, left + width, height))


def grainy(count: int, *, grain: float = 8.0) -> Iterator[Image.Image]:
    """A photograph that nothing moves in, with the noise of a sensor."""
    still = photograph(LEMUR, SIZE).astype(np.int16)
    dice = np.random.default_rng(1)
    for _ in range(count):
        yield Image.fromarray(np.clip(still + dice.normal(0, grain, still.shape), 0, 255).astype(np.uint8))
