"""Office Open XML packages (DOCX, PPTX, XLSX, templates, and those with macros) for the libraries that read them.

The libraries open archives themselves and without limits. They are given a copy that holds nothing but the XML parts,
unpacked within limits: pictures, macros and embedded files stand in it empty, so that no code of them is ever read.
"""

import io
import re
from dataclasses import dataclass

from workers.adapters.decoders.archives import Archive, stored
from workers.errors import DamagedMedia

CONTENT_TYPES = "[Content_Types].xml"
"""The part that names the type of every part (ECMA-376 part 2, 10.1.2)."""

TYPE = re.compile(r"ContentType\s*=\s*[\"']\s*([^\"']+?)\s*[\"']")

_WORD, _SLIDES, _SHEETS = (
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
DOCX, PPTX, XLSX = _WORD, _SLIDES, _SHEETS

# fmt: off
MAIN_PARTS = {
    f"{_WORD}.main+xml": DOCX,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml": DOCX,
    "application/vnd.ms-word.document.macroenabled.main+xml": DOCX,
    "application/vnd.ms-word.template.macroenabledtemplate.main+xml": DOCX,
    f"{_SLIDES}.main+xml": PPTX,
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml": PPTX,
    "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml": PPTX,
    "application/vnd.ms-powerpoint.presentation.macroenabled.main+xml": PPTX,
    "application/vnd.ms-powerpoint.slideshow.macroenabled.main+xml": PPTX,
    "application/vnd.ms-powerpoint.template.macroenabled.main+xml": PPTX,
    f"{_SHEETS}.main+xml": XLSX,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml": XLSX,
    "application/vnd.ms-excel.sheet.macroenabled.main+xml": XLSX,
    "application/vnd.ms-excel.template.macroenabled.main+xml": XLSX,
}
# fmt: on
"""The content type of a package's main part, in small letters, and what the package is."""

XML_PARTS = (".xml", ".rels")
MARKED, UNMARKED = (b"\xff\xfe", b"\xfe\xff"), {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
"""How UTF-16 begins: with its mark, or with the `<` that XML begins with (XML 1.0, appendix F)."""

DECLARES_TYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*<!DOCTYPE", re.S)
"""Before the first element: in a comment or `CDATA` further on, the same characters declare nothing."""

STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"
"""Namespaces of Strict Open XML (ISO/IEC 29500-1), and those of what everybody writes (29500-4)."""


@dataclass(frozen=True, slots=True)
class Package:
    """An Office document: what it is, and the content type that its main part has."""

    media_type: str
    main_type: str


def package_in(archive: Archive) -> Package | None:
    """Which Office document `archive` is by the type of its main part; None if it has no such part."""
    types = TYPE.findall(_text(archive.read(CONTENT_TYPES)))
    return next((Package(MAIN_PARTS[t.lower()], t) for t in types if t.lower() in MAIN_PARTS), None)


def copy_of(archive: Archive, package: Package) -> io.BytesIO:
    """The package as its library takes it, without anything that is not XML.

    Templates and documents with macros are given the type of a plain document: the libraries refuse others. Raises
    `DamagedMedia` and `MediaTooLarge`.
    """
    contents = {name: _xml(archive, name) if name.lower().endswith(XML_PARTS) else b"" for name in archive.names}
    plain = f"{package.media_type}.main+xml"
    contents[CONTENT_TYPES] = contents[CONTENT_TYPES].replace(package.main_type.encode(), plain.encode())
    return stored(contents)


def _xml(archive: Archive, name: str) -> bytes:
    content = archive.read(name)
    if _is_wide(content):
        content = _text(content).encode()
    if DECLARES_TYPE.match(content):  # what entities are declared in; forbidden by part 2, 9.1.4
        raise DamagedMedia(f"an Office document whose {name} declares XML entities, which none may")
    return STRICT.sub(TRANSITIONAL, content) if b"purl.oclc.org" in content else content


def _is_wide(content: bytes) -> bool:
    return content[:2] in MARKED or content[:2] in UNMARKED


def _text(content: bytes) -> str:
    """XML of a package, which is in UTF-8 or UTF-16, in characters, without a declaration that would name another."""
    encoding = "utf-16" if content[:2] in MARKED else UNMARKED.get(content[:2], "utf-8")
    text = content.decode(encoding, "replace")
    return re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)
