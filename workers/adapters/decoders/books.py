"""EPUB books: title and author, then the chapters in reading order, each written out as a page of HTML is."""

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from workers.adapters.decoders.archives import Archive
from workers.adapters.decoders.encodings import decode_bytes
from workers.adapters.decoders.lines import Lines, one_line
from workers.adapters.decoders.web_pages import declared_charset, write_chapter
from workers.adapters.decoders.xml_parts import local_name, parse_xml
from workers.errors import DamagedMedia, UnknownMediaType

if TYPE_CHECKING:
    from lxml.etree import _Element

EPUB = "application/epub+zip"
CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
"""Where a book says which file lists its parts, and which of them are encrypted (EPUB 3.3, section 4.2.6)."""

PAGES = frozenset({"application/xhtml+xml", "text/html"})


def read_book(archive: Archive, max_chars: int) -> str:
    """The book as Markdown source. A chapter that is missing or damaged costs that chapter.

    Raises `DamagedMedia` where no chapter can be read (also: the book is protected) and `MediaTooLarge`.
    """
    package_name = _package_name(archive)
    package = parse_xml(archive.read(package_name), package_name)
    chapters = list(_chapters(package, posixpath.dirname(package_name)))
    _refuse_protected(archive, chapters)
    lines = Lines(max_chars)
    _write_title(package, lines)
    failures = [failure for chapter in chapters if (failure := _write_chapter(archive, chapter, lines))]
    if not chapters or len(failures) == len(chapters):
        raise DamagedMedia(f"a book without a readable chapter: {failures[0] if failures else 'its spine is empty'}")
    return lines.text()


def _package_name(archive: Archive) -> str:
    container = parse_xml(_part(archive, CONTAINER), CONTAINER)
    for element in container.iter():
        if local_name(element) == "rootfile":
            name = element.get("full-path", "")
            if name in archive:
                return name
    raise DamagedMedia(f"a book whose {CONTAINER} names no file that is in it")


def _part(archive: Archive, name: str) -> bytes:
    if name not in archive:
        raise DamagedMedia(f"a book without its {name}")
    return archive.read(name)


def _chapters(package: "_Element", folder: str) -> Iterator[str]:
    """The names of the pages that the spine lists, each once."""
    pages = {
        element.get("id"): posixpath.normpath(posixpath.join(folder, unquote(element.get("href", ""))))
        for element in package.iter()
        if local_name(element) == "item" and element.get("media-type") in PAGES
    }
    listed = (pages.get(element.get("idref")) for element in package.iter() if local_name(element) == "itemref")
    return iter(dict.fromkeys(name for name in listed if name is not None))


def _refuse_protected(archive: Archive, chapters: list[str]) -> None:
    """Fonts may be scrambled; a book whose chapters are encrypted opens only in its shop's program."""
    if ENCRYPTION not in archive:
        return
    for element in parse_xml(archive.read(ENCRYPTION), ENCRYPTION).iter():
        if local_name(element) == "CipherReference" and unquote(element.get("URI", "")) in chapters:
            raise DamagedMedia("a book that is encrypted (DRM)")


def _write_title(package: "_Element", lines: Lines) -> None:
    for name, form in (("title", "# {}"), ("creator", "By {}")):
        for element in package.iter("{http://purl.org/dc/elements/1.1/}" + name):
            text = one_line("".join(element.itertext()))
            if text:
                lines.add(form.format(text))
                lines.separate()
                break


def _write_chapter(archive: Archive, name: str, lines: Lines) -> str | None:
    """Write one chapter; what is wrong with it, if it cannot be read."""
    try:
        content = _part(archive, name)
        write_chapter(decode_bytes(content, declared_charset(content)), lines)
    except (DamagedMedia, UnknownMediaType) as error:
        return error.message
    return None
