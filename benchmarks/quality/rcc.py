"""Qt's binary resources (`.rcc`): the files in them, by path.

The format is documented by its writer and its reader in Qt: qtbase/src/tools/rcc/rcc.cpp (`RCCResourceLibrary`) and
qtbase/src/corelib/io/qresource.cpp (`QResourceRoot`). All numbers are big-endian. Versions 1 to 3 are read.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from struct import error as TooShort  # noqa: N812 - what struct calls error says nothing here

import zstandard

MAGIC = b"qres"
HEADER = Struct(">4s4I")
"""Magic, version, offsets of the tree, the data and the names. Version 3 has a word more: the flags in use."""
DIRECTORY_NODE, FILE_NODE = Struct(">IHII"), Struct(">IHHHI")
"""Offset of the name, flags; number of children and the first of them, or country, language and offset of the data."""
NODE_SIZES = {1: 14, 2: 22, 3: 22}
"""Version -> bytes of a node: since 2 it ends with the time of the file's last change."""
NAME, LENGTH = Struct(">HI"), Struct(">I")
COMPRESSED, DIRECTORY, COMPRESSED_ZSTD = 1, 2, 4
DEEPEST = 64
"""Folders in one another: a tree that is damaged may lead back to itself."""


@dataclass(frozen=True, slots=True)
class _Archive:
    data: bytes
    version: int
    tree: int
    contents: int
    names: int

    def files(self, node: int, path: str, depth: int) -> Iterator[tuple[str, bytes]]:
        """Everything below the folder that is this node. Raises `ValueError` and `TooShort`."""
        _, _, count, first = DIRECTORY_NODE.unpack_from(self.data, self._offset(node))
        if depth > DEEPEST:
            raise ValueError(f"folders deeper than {DEEPEST}")
        for child in range(first, first + count):
            name, flags, _, _, offset = FILE_NODE.unpack_from(self.data, self._offset(child))
            below = f"{path}/{self._name(name)}" if path else self._name(name)
            if flags & DIRECTORY:
                yield from self.files(child, below, depth + 1)
            else:
                yield below, self._content(offset, flags)

    def _offset(self, node: int) -> int:
        return self.tree + node * NODE_SIZES[self.version]

    def _name(self, offset: int) -> str:
        """Length in UTF-16 units and a hash stand before it."""
        length, _ = NAME.unpack_from(self.data, self.names + offset)
        return self._cut(self.names + offset + NAME.size, 2 * length).decode("utf-16-be")

    def _content(self, offset: int, flags: int) -> bytes:
        (size,) = LENGTH.unpack_from(self.data, self.contents + offset)
        stored = self._cut(self.contents + offset + LENGTH.size, size)
        if flags & COMPRESSED_ZSTD:
            return zstandard.ZstdDecompressor().decompressobj().decompress(stored)
        if flags & COMPRESSED:  # as by qCompress: the expanded size, then zlib's stream
            return zlib.decompress(stored[LENGTH.size :])
        return stored

    def _cut(self, start: int, length: int) -> bytes:
        if start + length > len(self.data):
            raise ValueError("it ends too early")
        return self.data[start : start + length]


def read_rcc(data: bytes) -> dict[str, bytes]:
    """Path, without a slash at its beginning -> content. Raises `ValueError` for what is no resource, or is damaged."""
    try:
        magic, version, tree, contents, names = HEADER.unpack_from(data)
        if magic != MAGIC or version not in NODE_SIZES:
            raise ValueError("no Qt resource of version 1, 2 or 3")
        return dict(_Archive(data, version, tree, contents, names).files(0, "", 0))
    except (TooShort, zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"a damaged Qt resource: {error}") from error
