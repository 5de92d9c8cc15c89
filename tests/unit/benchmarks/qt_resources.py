"""Qt resources as rcc writes them, for tests of what reads them."""

import zlib
from struct import pack

import zstandard

PLAIN, ZLIB, ZSTD = 0, 1, 4
Tree = dict[str, "tuple[int, bytes] | Tree"]
"""Files by name, with how they are compressed and their content; folders as trees of their own."""


def resource(files: Tree, version: int) -> bytes:
    """What rcc makes of this tree: breadth first, so that the children of a folder stand together."""
    names, contents, nodes = b"", b"", [_node(version, 0, 2, 0, 0)]
    waiting: list[tuple[int, Tree]] = [(0, files)]
    for place, tree in waiting:
        nodes[place] = nodes[place][:6] + pack(">II", len(tree), len(nodes)) + nodes[place][14:]
        for name, entry in tree.items():
            at = len(names)
            names += pack(">HI", len(name), 0) + name.encode("utf-16-be")
            if isinstance(entry, dict):
                waiting.append((len(nodes), entry))
                nodes.append(_node(version, at, 2, 0, 0))
            else:
                how, content = entry
                stored = _stored(how, content)
                nodes.append(_node(version, at, how, 0x10000, len(contents)))
                contents += pack(">I", len(stored)) + stored
    head = 24 if version >= 3 else 20
    tree_at = head + len(contents) + len(names)
    header = pack(">4s4I", b"qres", version, tree_at, head, head + len(contents))
    return header + (pack(">I", ZLIB | ZSTD) if version >= 3 else b"") + contents + names + b"".join(nodes)


def _node(version: int, name: int, flags: int, one: int, other: int) -> bytes:
    """`one` and `other` are children and first child, or locale and offset of the content."""
    return pack(">IHII", name, flags, one, other) + (pack(">Q", 1_676_700_000_000) if version >= 2 else b"")


def _stored(how: int, content: bytes) -> bytes:
    if how == ZSTD:
        return zstandard.ZstdCompressor().compress(content)
    return pack(">I", len(content)) + zlib.compress(content) if how == ZLIB else content
