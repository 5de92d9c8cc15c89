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
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = _text(content).encode()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:  # what entities are declared in; forbidden by part 2, 9.1.4
        raise DamagedMedia(f"an Office document whose {name} declares XML entities, which none may")
    return content


def _text(content: bytes) -> str:
    """XML of a package, which is in UTF-8 or UTF-16, in characters, without a declaration that would name another."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = content.decode("utf-16" if wide else "utf-8", "replace")
    return re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text)
