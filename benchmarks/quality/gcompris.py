"""GCompris' things to explore: 82 animals, monuments and kinds of music, with title, article, photograph, some a sound.

They stand in QML files ("boards") inside Qt resources, next to the photographs and sounds that they name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from benchmarks.quality.rcc import read_rcc

SETS = {
    "explore_farm_animals.rcc": "animals",
    "explore_world_animals.rcc": "animals",
    "explore_monuments.rcc": "monuments",
    "explore_world_music.rcc": "music",
}
"""Resource -> the set that its items belong to."""
BOARD = re.compile(r"/board\d+\.qml$")
ITEM = re.compile(r"\{([^{}]*\"image2\"[^{}]*)\}")
"""An object of a board's list; those without a photograph are instructions."""
FIELD = r"\"{name}\"\s*:\s*(?:[\w.]+\()*\"((?:[^\"\\]|\\.)*)\""
"""A string, which may stand in calls that translate it or complete a path."""
ADDRESS = "qrc:/"
SOUND_SUFFIX = (".$CA", ".ogg")
"""What GCompris puts in place of the first is the codec of its build; Debian's is Vorbis."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to explore. `name` is that of its photograph's file, without suffix."""

    set: str
    name: str
    title: str
    article: str
    picture: bytes
    sound: bytes | None = None

    @property
    def stem(self) -> str:
        """The keys of its objects, without suffix."""
        return f"{self.set}/{self.name}"


def items_of(resources: Mapping[str, bytes]) -> list[Item]:
    """All items, by path of the resource. Raises `ValueError` for a resource that is damaged."""
    found: list[Item] = []
    for path in sorted(resources):
        files = read_rcc(resources[path])
        boards = [name for name in sorted(files) if BOARD.search(name)]
        of_set = SETS[PurePosixPath(path).name]
        found += [item for name in boards for item in _items(files[name].decode(), of_set, files)]
    return found


def _items(board: str, of_set: str, files: Mapping[str, bytes]) -> Iterator[Item]:
    for each in ITEM.findall(board):
        picture, sound = _field(each, "image2"), _field(each, "audio")
        yield Item(
            set=of_set,
            name=PurePosixPath(picture).stem,
            title=_field(each, "title"),
            article=_field(each, "text"),
            picture=files[picture.removeprefix(ADDRESS)],
            sound=files[sound.removeprefix(ADDRESS).replace(*SOUND_SUFFIX)] if sound else None,
        )


def _field(each: str, name: str) -> str:
    """The string of this name, without escapes; empty where there is none."""
    found = re.search(FIELD.replace("{name}", name), each)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else ""
