"""Office documents as few programs write them: Strict Open XML, alternatives for newer programs, other encodings."""

import re

import pytest
from documents import repacked, slides, unpacked, word_document, workbook

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Text
from workers.errors import DamagedMedia

COMPATIBILITY = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def text(data: bytes) -> str:
    result = decode(data, "a", DecodeLimits())
    assert isinstance(result, Text)
    return result.text


def strict(data: bytes) -> bytes:
    """The document with the namespaces of Strict Open XML."""
    transitional = re.compile(rb"http://schemas\.openxmlformats\.org/(officeDocument|\w+ml)/2006/(relationships|main)")

    def change(parts: dict[str, bytes]) -> None:
        for name, part in parts.items():
            parts[name] = transitional.sub(rb"http://purl.oclc.org/ooxml/\1/\2", part)

    return repacked(data, change)


@pytest.mark.parametrize("make", [word_document, slides, workbook])
def test_strict_open_xml_is_read_as_any_other(make: object) -> None:
    data = make()  # type: ignore[operator] - one of the three
    assert strict(data) != data
    assert text(strict(data)) == text(data)


def alternatives(*branches: tuple[str, str]) -> bytes:
    """Slides whose first body is offered in other ways, each the name of an element and the words in it."""

    def change(parts: dict[str, bytes]) -> None:
        name = "ppt/slides/slide1.xml"
        (shape,) = re.findall(r"<p:sp>(?:(?!</p:sp>).)*It rises.*?</p:sp>", parts[name].decode(), re.S)
        offered = "".join(
            f"<mc:{kind}>{shape.replace('It rises in the hills.', words) if words else ''}</mc:{kind.split()[0]}>"
            for kind, words in branches
        )
        parts[name] = (
            parts[name]
            .decode()
            .replace(shape, f"<mc:AlternateContent {COMPATIBILITY}>{offered}</mc:AlternateContent>")
            .encode()
        )

    return repacked(slides(), change)


@pytest.mark.parametrize(
    "branches",
    [
        [('Choice Requires="a14"', "It rises in spring."), ("Fallback", "It rises in autumn.")],
        [('Choice Requires="a14"', ""), ("Fallback", "It rises in spring.")],
    ],
    ids=["choice", "fallback"],
)
def test_of_shapes_that_are_offered_in_several_ways_the_first_with_words_is_read(
    branches: list[tuple[str, str]],
) -> None:
    read = text(alternatives(*branches))
    assert "It rises in spring." in read
    assert "autumn" not in read
    assert "Show the map here." in read


def test_shapes_that_are_offered_without_words_cost_only_themselves() -> None:
    assert "## Slide 1: The river" in text(alternatives(("Fallback", "")))


def changed(find: str, put: str) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        name = "word/document.xml"
        parts[name] = parts[name].replace(find.encode(), put.encode())

    return repacked(word_document(), change)


def test_a_text_that_tells_of_a_doctype_declares_none() -> None:
    assert "<!DOCTYPE html>" in text(changed("It rises in the hills.", "<![CDATA[<!DOCTYPE html>]]>"))


def test_a_doctype_is_refused_also_behind_comments() -> None:
    with pytest.raises(DamagedMedia, match="declares XML entities"):
        text(changed("<w:document ", '<!-- a --><!DOCTYPE w [<!ENTITY e "x">]><w:document '))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(encoding: str) -> None:
    part = unpacked(word_document())["word/document.xml"].decode()
    wide = re.sub(r"^<\?xml.*?\?>", '<?xml version="1.0" encoding="UTF-16"?>', part).encode(encoding)
    assert "It rises in the hills." in text(
        repacked(word_document(), lambda parts: parts.update({"word/document.xml": wide}))
    )
