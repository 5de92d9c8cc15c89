"""Shot detection on lively scenes: shaken and panning cameras, zooms, stills, and dissolves between them.

The scenes are drawn and compared as they are, without a codec in between; photographs are those of the examples.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.table import Row
from workers.adapters.decoders.shots import SIZE, ShotDetector, thumbnail

PHOTOS = sorted((Path(__file__).parents[1] / "examples" / "media" / "photos").iterdir())
WIDTH, HEIGHT = 192, 108
RATE = 25
SCENES, SEEDS = 30, 4
DISSOLVED = 0.2
"""Share of the changes that are dissolves, of 0.4 to 1 s; the others are cuts."""
NEAR_S = {False: 0.1, True: 0.7}
"""Dissolve or not -> how far from its middle a boundary may be."""

Frame = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Change:
    """One scene ends here and the next begins; a dissolve has its middle here."""

    seconds: float
    dissolve: bool


def measure() -> Iterator[Row]:
    """Precision, and recall of cuts and of dissolves, over all scenes."""
    told = right = 0
    found = {False: 0, True: 0}
    there = {False: 0, True: 0}
    for seed in range(SEEDS):
        frames, changes = scenes(random.Random(seed))
        boundaries = detected(frames)
        met = {each: _nearest(each, boundaries) for each in changes}
        told += len(boundaries)
        right += len({at for at in met.values() if at is not None})
        for each in changes:
            there[each.dissolve] += 1
            found[each.dissolve] += met[each] is not None
    yield Row("lively scenes: precision", right / max(1, told), 0.95, "", f"{right} of {told}", at_most=False)
    how = f"{found[False]} of {there[False]}"
    yield Row("lively scenes: recall of cuts", found[False] / there[False], 0.95, "", how, at_most=False)
    how = f"{found[True]} of {there[True]}, among pans and shaken cameras"
    yield Row("lively scenes: recall of dissolves", found[True] / there[True], 0.7, "", how, at_most=False)


def detected(frames: Sequence[Frame]) -> list[float]:
    """The boundaries that the detector tells."""
    detector = ShotDetector()
    boundaries: list[float] = []
    for number, frame in enumerate(frames):
        grey = Image.fromarray(frame).convert("L").resize(SIZE, Image.Resampling.BOX)
        boundaries += detector.see(thumbnail(number / RATE, grey.tobytes()))
    return [*boundaries, *detector.finish()]


def scenes(dice: random.Random) -> tuple[list[Frame], list[Change]]:
    """Frames of scenes one after another, no two neighbours of one photograph, and where they change."""
    frames: list[Frame] = []
    changes: list[Change] = []
    photo = -1
    for _ in range(SCENES):
        photo = dice.choice([each for each in range(len(PHOTOS)) if each != photo])
        scene = list(dice.choice(KINDS)(photo, round(dice.uniform(1.2, 5) * RATE), dice))
        count = dice.randint(10, 25)
        if frames and dice.random() < DISSOLVED and min(len(frames), len(scene)) > count + RATE // 2:
            shares = (np.arange(count) + 0.5) / count
            both = zip(frames[-count:], scene[:count], shares, strict=True)
            frames[-count:] = [(one * (1 - share) + other * share).astype(np.uint8) for one, other, share in both]
            changes.append(Change((len(frames) - count / 2) / RATE, dissolve=True))
            scene = scene[count:]
        elif frames:
            changes.append(Change(len(frames) / RATE, dissolve=False))
        frames += scene
    return frames, changes


def _nearest(change: Change, boundaries: Sequence[float]) -> float | None:
    near = [at for at in boundaries if abs(at - change.seconds) <= NEAR_S[change.dissolve]]
    return min(near, key=lambda at: abs(at - change.seconds), default=None)


def _still(photo: int, count: int, dice: random.Random) -> Iterator[Frame]:
    del dice
    return (_photograph(photo, WIDTH, HEIGHT) for _ in range(count))


def _pan(photo: int, count: int, dice: random.Random) -> Iterator[Frame]:
    wide, way = _photograph(photo, WIDTH * 5 // 4, HEIGHT), WIDTH // 4
    begin, end = dice.choice([(0, way), (way, 0)])
    for n in range(count):
        left = begin + (end - begin) * n // count
        yield wide[:, left : left + WIDTH]


def _shake(photo: int, count: int, dice: random.Random) -> Iterator[Frame]:
    large, (x, y, across, down) = _photograph(photo, WIDTH + 60, HEIGHT + 40), (30.0, 20.0, 0.0, 0.0)
    for _ in range(count):
        across, down = 0.8 * across + dice.gauss(0, 2.4), 0.8 * down + dice.gauss(0, 1.8)
        x, y = min(max(x + across, 0), 60), min(max(y + down, 0), 40)
        yield large[int(y) : int(y) + HEIGHT, int(x) : int(x) + WIDTH]


def _zoom(photo: int, count: int, dice: random.Random) -> Iterator[Frame]:
    del dice
    large = Image.fromarray(_photograph(photo, 2 * WIDTH, 2 * HEIGHT))
    for n in range(count):
        width, height = (side * (2 - n / count) for side in (WIDTH, HEIGHT))
        left, top = WIDTH - width / 2, HEIGHT - height / 2
        yield np.asarray(large.resize((WIDTH, HEIGHT), box=(left, top, left + width, top + height)))


KINDS: Sequence[Callable[[int, int, random.Random], Iterator[Frame]]] = (_still, _pan, _shake, _zoom)


@cache
def _photograph(number: int, width: int, height: int) -> Frame:
    with Image.open(PHOTOS[number]) as image:
        return np.asarray(image.convert("RGB").resize((width, height)))
