"""Mutants of sound files: bytes changed and cut off by seeded dice, inside the parts of archives too."""

import random
from collections.abc import Iterator

from documents import packed, unpacked

ARCHIVES = frozenset({"docx", "pptx", "xlsx", "epub", "odt"})
PARTS = ("xml", "rels", "xhtml", "opf")


def mutants(sound: bytes, kind: str, count: int) -> Iterator[bytes]:
    """`count` mutants of a file of this kind, the same ones every time."""
    dice = random.Random(kind)
    for _ in range(count):
        yield _mutant(sound, kind, dice)


def _mutant(sound: bytes, kind: str, dice: random.Random) -> bytes:
    """Damaged bytes; of an archive, most often inside one of its parts, or without the part."""
    if kind not in ARCHIVES or dice.random() < 0.3:
        return damaged(sound, dice)
    parts = unpacked(sound)
    name = dice.choice([name for name in parts if name.endswith(PARTS)])
    part = parts.pop(name)
    if dice.random() < 0.8:
        parts[name] = damaged(part, dice)
    return packed(parts)


def damaged(data: bytes, dice: random.Random) -> bytes:
    """One to thirty bytes changed, and sometimes the end cut off."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 30)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed[: dice.randrange(1, len(changed))] if dice.random() < 0.2 else changed)
