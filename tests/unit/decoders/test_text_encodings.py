"""Bytes become characters in whatever common encoding they are, or the sender is told why not."""

import random

import pytest

from workers.adapters.decoders.encodings import decode_bytes
from workers.errors import DamagedMedia, UnknownMediaType

FRENCH = "Il a été très déçu par l’été – “quelle chaleur”. Où est passée la fraîcheur d’août ?"
GERMAN = "Der Müller grüßt die Mädchen über den Flüssen. Straße und Größe."
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy"
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю."
GREEK = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"
CHINESE = "天下大势，分久必合，合久必分。\n周末七国分争，并入于秦。"
KOREAN = "모든 국민은 법률이 정하는 바에 의하여 납세의 의무를 진다."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, CHINESE, "a", "🦀 und 👩‍🚀"])
def test_unicode_with_and_without_a_mark_is_read_as_written(encoding: str, text: str) -> None:
    assert decode_bytes(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [GERMAN, "Hello", CHINESE])
def test_utf_16_and_32_are_recognised_without_a_mark(encoding: str, text: str) -> None:
    assert decode_bytes(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", FRENCH),
        ("cp1252", GERMAN),
        ("cp1252", "café"),
        ("cp1252", "“Plain English”, she said – in quotes."),
        ("latin-1", "Señor Muñoz vive en España."),
        ("cp1250", CZECH),
        ("iso8859-2", CZECH),
        ("cp1251", RUSSIAN),
        ("cp1251", "Привет"),
        ("koi8-r", RUSSIAN),
        ("cp1253", GREEK),
        ("cp932", JAPANESE),
        ("euc-jp", JAPANESE),
        ("iso2022_jp", JAPANESE),
        ("gb18030", CHINESE),
        ("big5", "天下大勢，分久必合，合久必分。"),
        ("cp949", KOREAN),
        ("cp437", GERMAN),
        ("mac_roman", FRENCH),
    ],
)
def test_legacy_code_pages_are_guessed(encoding: str, text: str) -> None:
    assert decode_bytes(text.encode(encoding)) == text


def test_a_declared_encoding_is_used_where_the_bytes_are_not_utf_8() -> None:
    assert decode_bytes("Łódź".encode("iso8859-2"), declared="iso-8859-2") == "Łódź"


def test_valid_utf_8_overrules_a_wrong_declaration() -> None:
    assert decode_bytes(GERMAN.encode(), declared="iso-8859-1") == GERMAN


def test_a_declaration_of_no_encoding_is_passed_over() -> None:
    assert decode_bytes(GERMAN.encode("cp1252"), declared="zip") == GERMAN


def test_all_line_ends_become_line_feeds() -> None:
    assert decode_bytes(b"one\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


def test_a_stray_nul_becomes_a_space() -> None:
    assert decode_bytes(b"a long enough line\0and another one\n") == "a long enough line and another one\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x81\xfe\xff" * 20,
        b"\xc3\x28\xa0\xa1\xe2\x28\xa1",
        b"\xff" * 50,
        bytes(range(128, 256)),
        b"\xff\xfe\x00\xd8",
        b"\xef\xbb\xbf\xff",
    ],
)
def test_bytes_that_no_encoding_explains_are_damaged_media(data: bytes) -> None:
    with pytest.raises(DamagedMedia):
        decode_bytes(data)


def test_a_few_bad_bytes_in_utf_8_are_named_and_not_taken_for_a_legacy_code_page() -> None:
    with pytest.raises(DamagedMedia, match="UTF-8 with invalid bytes, the first at byte 74"):
        decode_bytes(GERMAN.encode() + b" \xff\xfe " + GERMAN.encode())


@pytest.mark.parametrize(
    "data", [bytes(range(256)), b"\0" * 100, b"\x01\x02\x03\x04", random.Random(4).randbytes(5000)]
)
def test_bytes_full_of_control_codes_are_an_unknown_media_type(data: bytes) -> None:
    with pytest.raises(UnknownMediaType, match="binary"):
        decode_bytes(data)
