"""How many frames of an animation are told apart: of slide shows all, of noise one, of a loop few (decision 025).

`python -m benchmarks.animations` prints a line for each scene, with a column for each time that a frame is shown.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits

PHOTOS = sorted((Path(__file__).parents[1] / "examples" / "media" / "photos").iterdir())
SIZE = (400, 300)
FRAMES, SLIDES = 20, 6
SHOWN_MS = (60, 100, 300, 1000)
WORDS = ("ferry", "island", "morning", "seals", "keeper", "light", "harbour", "windlass", "granary", "pier", "tuesday")


def photo(number: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """One of the examples' photographs."""
    with Image.open(PHOTOS[number % len(PHOTOS)]) as image:
        return image.convert("RGB").resize(size)


def board(seed: int, lines: int, letters: int, size: tuple[int, int], ground: str = "white") -> Image.Image:
    """So many lines of words that the seed tells, in letters of so many pixels."""
    dice, image = np.random.default_rng(seed), Image.new("RGB", size, ground)
    for line in range(lines):
        place = (size[0] // 16, size[1] // 10 + line * letters * 3 // 2)
        words = " ".join(dice.choice(WORDS, 5))
        ImageDraw.Draw(image).text(place, words, fill="black", font=ImageFont.load_default(letters))
    return image


def sign(seed: int) -> Image.Image:
    """A photograph with two lines on a sign."""
    image = photo(0, (640, 480))
    image.paste(board(seed, 2, 20, (400, 100)), (100, 200))
    return image


def grainy(number: int, grain: float) -> Image.Image:
    """A photograph with the noise of a sensor."""
    pixels = np.asarray(photo(2)) + np.random.default_rng(number).normal(0, grain, (SIZE[1], SIZE[0], 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def window(left: float, top: float, width: float) -> Image.Image:
    """A part of a photograph of 520 x 390, as a camera would show it."""
    box = (left, top, left + width, top + width * 3 / 4)
    return photo(2, (520, 390)).resize(SIZE, Image.Resampling.BICUBIC, box=box)


def ball(number: int) -> Image.Image:
    """A ball that crosses a photograph."""
    image = photo(2)
    ImageDraw.Draw(image).ellipse((20 + 15 * number, 100, 70 + 15 * number, 150), fill="red")
    return image


def spinner(number: int) -> Image.Image:
    """What turns while one waits."""
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).pieslice((50, 50, 150, 150), number * 18, number * 18 + 90, fill="#3366cc")
    return image


SCENES: dict[str, tuple[int, Callable[[int], Image.Image]]] = {
    "slides, 1 line of 24 pixels in 640 x 480": (SLIDES, lambda n: board(n, 1, 24, (640, 480))),
    "slides, 1 line of 16 in 640 x 480": (SLIDES, lambda n: board(n, 1, 16, (640, 480))),
    "slides, 1 line of 16 in 1000 x 750": (SLIDES, lambda n: board(n, 1, 16, (1000, 750))),
    "slides, 10 lines of 16 in 640 x 480": (SLIDES, lambda n: board(n, 10, 16, (640, 480))),
    "slides, 40 lines of 12 in 1000 x 750": (SLIDES, lambda n: board(n, 40, 12, (1000, 750), "#aabbcc")),
    "slides, a sign in a photograph": (SLIDES, sign),
    "slides, photographs": (SLIDES, photo),
    "noise of 8 grey levels": (FRAMES, lambda n: grainy(n, 8)),
    "noise of 20 grey levels": (FRAMES, lambda n: grainy(n, 20)),
    "light that flickers by a tenth": (FRAMES, lambda n: photo(2).point(lambda v: min(255, v * (10 + n % 2) / 10))),
    "pan over a quarter": (FRAMES, lambda n: window(6 * n, 40, 400)),
    "shaken camera": (FRAMES, lambda n: window(60 + 8 * np.sin(9 * n), 45 + 8 * np.cos(7 * n), 400)),
    "zoom": (FRAMES, lambda n: window(2 * n, 1.5 * n, 520 - 4 * n)),
    "slow zoom": (4 * FRAMES, lambda n: window(n / 2, 3 * n / 8, 520 - n)),
    "ball": (FRAMES, ball),
    "spinner": (FRAMES, spinner),
    "one photograph fades into another": (FRAMES, lambda n: Image.blend(photo(2), photo(1), n / FRAMES)),
}
"""What is shown -> how many frames, and each by its number."""


def told_apart(frames: Sequence[Image.Image], shown_ms: int) -> int:
    """How many frames of such an animation are found."""
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:], duration=shown_ms, compress_level=1)
    found = decode(out.getvalue(), "a.png", DecodeLimits())
    return sum(1 for _ in found) if isinstance(found, Iterator) else 1


if __name__ == "__main__":
    print(f"{'':42}frames  " + "".join(f"{each:>8} ms" for each in SHOWN_MS))
    for name, (count, draw) in SCENES.items():
        drawn = [draw(number) for number in range(count)]
        print(f"{name:42}{count:6}  " + "".join(f"{told_apart(drawn, each):11}" for each in SHOWN_MS))
