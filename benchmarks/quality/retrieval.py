"""Retrieval on GCompris' 82 items: pictures and sounds by their title, articles by their picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.quality.gcompris import Item, items_of
from benchmarks.quality.library import Library
from benchmarks.quality.metrics import Found, rank_of
from benchmarks.quality.packages import GCOMPRIS, material
from benchmarks.table import Row


@dataclass(frozen=True, slots=True)
class Bounds:
    """Per cent that R@1, R@5 and R@10 must reach, and where they come from."""

    at_1: int
    at_5: int
    at_10: int
    source: str


BARE = "the bare model on this set"
FIRST = "no figure of the bare model for this set; as measured first"
ANIMALS = Bounds(83, 100, 100, BARE)
MONUMENTS = Bounds(6, 33, 49, BARE)
FARM_SOUNDS = Bounds(89, 100, 100, BARE)
ALL_PICTURES = Bounds(29, 49, 57, FIRST)
ALL_ARTICLES = Bounds(33, 54, 63, FIRST)
MUSIC = Bounds(11, 56, 56, "no figure of the bare model for this set; chance")
ARTICLES = Bounds(34, 53, 60, "the bare model on 305 other pictures of objects and their descriptions")


def pictures(library: Library) -> Iterator[Row]:
    """Words to pictures and pictures to words. Indexes all items. Raises `NoMaterial`."""
    items = items_of(material(GCOMPRIS))
    library.put({f"{item.stem}.webp": item.picture for item in items})
    library.put({f"{item.stem}.txt": f"{item.title}\n\n{item.article}\n".encode() for item in items})
    animals, monuments = _of(items, "animals"), _of(items, "monuments")
    yield from _rows("title -> picture, animals", _by_title(library, animals, "animals/"), ANIMALS)
    yield from _rows("title -> picture, monuments", _by_title(library, monuments, "monuments/"), MONUMENTS)
    yield from _rows("title -> picture, all", _by_title(library, items, ""), ALL_PICTURES)
    yield from _rows("picture -> article, animals", _by_picture(library, animals, "animals/"), ARTICLES)
    yield from _rows("picture -> article, all", _by_picture(library, items, ""), ALL_ARTICLES)


def sounds(library: Library) -> Iterator[Row]:
    """Words to sounds, among those of the same set. Indexes them. Raises `NoMaterial`."""
    items = [item for item in items_of(material(GCOMPRIS)) if item.sound is not None]
    library.put({f"{item.stem}.ogg": item.sound for item in items if item.sound is not None})
    animals, music = _of(items, "animals"), _of(items, "music")
    yield from _rows("title -> sound, farm animals", _sounds(library, animals, "animals/"), FARM_SOUNDS)
    yield from _rows("title -> sound, music", _sounds(library, music, "music/"), MUSIC)


def _of(items: Sequence[Item], name: str) -> list[Item]:
    return [item for item in items if item.set == name]


def _by_title(library: Library, items: Sequence[Item], prefix: str) -> Found:
    """The question is the title, looked for among the pictures below `prefix`."""
    return Found.of(
        [rank_of(f"{item.stem}.webp", library.search(item.title, modality="image", prefix=prefix)) for item in items]
    )


def _by_picture(library: Library, items: Sequence[Item], prefix: str) -> Found:
    """The question is the picture, without a word, looked for among the articles below `prefix`."""
    return Found.of(
        [
            rank_of(f"{item.stem}.txt", library.search(picture=item.picture, modality="text", prefix=prefix))
            for item in items
        ]
    )


def _sounds(library: Library, items: Sequence[Item], prefix: str) -> Found:
    return Found.of(
        [rank_of(f"{item.stem}.ogg", library.search(item.title, modality="audio", prefix=prefix)) for item in items]
    )


def _rows(name: str, found: Found, bounds: Bounds) -> Iterator[Row]:
    """A row for each depth; figures are whole per cent, as the bounds are."""
    how = f"{found.questions} questions, MRR@10 {found.mrr:.2f}; bound: {bounds.source}"
    reached = (found.at_1, found.at_5, found.at_10)
    for k, figure, bound in zip((1, 5, 10), reached, (bounds.at_1, bounds.at_5, bounds.at_10), strict=True):
        yield Row(f"{name}, R@{k}", round(figure), bound, "%", how if k == 1 else "", at_most=False)
