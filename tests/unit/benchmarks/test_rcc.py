"""Qt resources: what rcc writes is read, and what is damaged is said to be."""

from struct import pack

import pytest
from qt_resources import PLAIN, ZLIB, ZSTD, Tree, resource

from benchmarks.quality.rcc import read_rcc

TEXT = b"moo " * 100
FILES: Tree = {"README": (PLAIN, b""), "animals": {"cow.txt": (ZLIB, TEXT), "köln": {"pig.ogg": (PLAIN, b"OggS")}}}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_files_of_every_version_are_read_with_their_paths(version: int) -> None:
    expected = {"README": b"", "animals/cow.txt": TEXT, "animals/köln/pig.ogg": b"OggS"}
    assert read_rcc(resource(FILES, version)) == expected


def test_files_that_are_compressed_with_zstandard_are_read() -> None:
    assert read_rcc(resource({"cow.txt": (ZSTD, TEXT)}, 3)) == {"cow.txt": TEXT}


@pytest.mark.parametrize(
    "data",
    [b"", b"qres", b"RIFF" + bytes(40), resource(FILES, 3)[:-30], resource({}, 3).replace(b"\0\0\0\3", b"\0\0\0\4", 1)],
    ids=["nothing", "only its magic", "another format", "cut off", "a version to come"],
)
def test_what_is_no_whole_resource_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="resource"):
        read_rcc(data)


def test_content_that_does_not_expand_is_refused() -> None:
    data = resource({"cow.txt": (ZLIB, TEXT)}, 2)
    stream = data.index(b"\x78\x9c")
    with pytest.raises(ValueError, match="damaged"):
        read_rcc(data[:stream] + bytes(8) + data[stream + 8 :])


def test_content_that_reaches_beyond_the_end_is_refused() -> None:
    data = resource({"cow.txt": (PLAIN, b"moo")}, 3)
    with pytest.raises(ValueError, match="too early"):
        read_rcc(data.replace(pack(">I", 3) + b"moo", pack(">I", 3000) + b"moo"))


def test_a_folder_that_holds_itself_is_refused() -> None:
    data = resource({"a": {"b": (PLAIN, b"")}}, 1)
    root = len(data) - 3 * 14
    folder = root + 14
    loop = data[: folder + 6] + pack(">II", 1, 1) + data[folder + 14 :]
    with pytest.raises(ValueError, match="deeper"):
        read_rcc(loop)
