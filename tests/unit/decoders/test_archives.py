"""Archives are looked into with limits: nothing that they say of themselves is believed."""

import io
import struct
import zipfile

import pytest
from documents import WORD_MAIN, packed, repacked, unpacked, word_document

from workers.adapters.decoders.archives import Archive
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.errors import DamagedMedia, MediaTooLarge, Permanent, UnknownMediaType

LIMITS = DecodeLimits()


def test_an_entry_is_read_by_its_name() -> None:
    archive = Archive(packed({"a/b.txt": "one", "c": "two"}), LIMITS)
    assert archive.names == ("a/b.txt", "c")
    assert archive.read("a/b.txt") == b"one"
    assert "d" not in archive


@pytest.mark.parametrize(
    ("contents", "seen"),
    [
        ({"a.txt": "x", "b.txt": "y"}, r"a ZIP archive \(entries: 2, the first of them 'a\.txt'\)"),
        ({}, "an empty ZIP archive"),
        ({"word/document.xml": "<x/>"}, "a ZIP archive"),
        ({"META-INF/MANIFEST.MF": ""}, "a Java archive"),
        ({"inner.zip": packed({"innermost.zip": packed({"a": "b"})})}, r"'inner\.zip'"),
        ({"mimetype": "application/x-krita"}, "says it is 'application/x-krita'"),
        ({"mimetype": b"\xff\0" * 1000}, "says it is"),
        (
            {"[Content_Types].xml": '<Override ContentType="application/vnd.ms-visio.drawing.main+xml"/>'},
            "none of Word",
        ),
    ],
)
def test_an_archive_of_no_known_kind_is_refused_with_what_was_seen(contents: dict[str, str], seen: str) -> None:
    with pytest.raises(UnknownMediaType, match=seen):
        decode(packed(contents), "report.docx", LIMITS)


def test_an_archive_that_unpacks_to_more_than_allowed_is_too_large() -> None:
    limits = DecodeLimits(max_unpacked_bytes=1000)
    assert len(Archive(packed({"a": bytes(1000)}), limits).read("a")) == 1000
    with pytest.raises(MediaTooLarge, match="more than 1,000 bytes"):
        Archive(packed({"a": bytes(1001)}), limits).read("a")
    both = Archive(packed({"a": bytes(600), "b": bytes(600)}), limits)
    both.read("a")
    with pytest.raises(MediaTooLarge, match="more than 1,000 bytes"):
        both.read("b")


def test_an_archive_that_unpacks_to_hundreds_of_times_its_size_is_too_large() -> None:
    archive = Archive(packed({"a": bytes(30 * 2**20)}), LIMITS)
    with pytest.raises(MediaTooLarge, match="more than 200 times its size"):
        archive.read("a")


def test_an_entry_that_holds_more_than_it_declares_is_damaged_media() -> None:
    data = bytearray(packed({"a": bytes(10_000)}))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 10)  # the unpacked size in the directory
    with pytest.raises(DamagedMedia, match="whose a is damaged"):
        Archive(bytes(data), LIMITS).read("a")


def test_too_many_entries_are_refused_before_they_are_looked_at() -> None:
    with pytest.raises(MediaTooLarge, match="more than 10 entries"):
        Archive(packed(dict.fromkeys(map(str, range(11)), "")), DecodeLimits(max_archive_entries=10))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..\\b", "\\\\host\\share"])
def test_a_name_that_points_outside_of_the_archive_is_damaged_media(name: str) -> None:
    with pytest.raises(DamagedMedia, match="points outside"):
        Archive(packed({name: "x"}), LIMITS)


def test_an_entry_with_a_password_is_named_as_such() -> None:
    data = bytearray(packed({"a": "x"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(DamagedMedia, match="encrypted: a needs a password"):
        Archive(bytes(data), LIMITS).read("a")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_no_document_uses_are_refused(method: int) -> None:
    with pytest.raises(DamagedMedia, match="not by Deflate"):
        Archive(packed({"a": "x" * 100}, method=method), LIMITS).read("a")


def test_a_truncated_document_is_damaged_media_wherever_it_is_cut() -> None:
    data = word_document()
    for cut in range(4, len(data), len(data) // 40):
        with pytest.raises(DamagedMedia, match="ZIP archive that is cut off or damaged"):
            decode(data[:cut], "a", LIMITS)


def test_a_document_without_one_of_its_parts_is_damaged_media_or_read_without_it() -> None:
    parts = unpacked(word_document())
    refused = set()
    for name in parts:
        try:
            decode(packed({other: part for other, part in parts.items() if other != name}), "a", LIMITS)
        except Permanent as error:
            refused.add((name, error.kind))
    assert ("word/document.xml", "damaged_media") in refused
    assert ("[Content_Types].xml", "unknown_media_type") in refused
    assert {kind for _, kind in refused} == {"damaged_media", "unknown_media_type"}


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY secret "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_office_document_that_declares_entities_is_damaged_media(declaration: str, encoding: str) -> None:
    def change(parts: dict[str, bytes]) -> None:
        xml = parts["word/document.xml"].decode().partition("?>")[2].replace("It rises", "&secret; rises")
        parts["word/document.xml"] = (declaration + xml).encode(encoding)

    with pytest.raises(DamagedMedia, match="declares XML entities"):
        decode(repacked(word_document(), change), "a", LIMITS)


def test_what_is_no_xml_in_an_office_document_is_not_even_unpacked() -> None:
    def change(parts: dict[str, bytes]) -> None:
        parts["word/media/image1.png"] = bytes(40 * 2**20)

    data = repacked(word_document(), change)
    assert len(data) < 2**20
    assert decode(data, "a", DecodeLimits(max_unpacked_bytes=2**20)).media_type.endswith("document")


def test_two_entries_of_one_name_are_the_last_of_them() -> None:
    buffer = io.BytesIO(packed({"a": "one"}))
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a", "two")
    assert Archive(buffer.getvalue(), LIMITS).read("a") == b"two"


def test_a_document_that_names_its_main_part_in_other_letters_is_still_that_document() -> None:
    def change(parts: dict[str, bytes]) -> None:
        types = "[Content_Types].xml"
        parts[types] = parts[types].replace(WORD_MAIN.encode(), WORD_MAIN.upper().encode())

    assert "The Mill" in getattr(decode(repacked(word_document(), change), "a", LIMITS), "text")  # noqa: B009 - a union
