"""Documents that are ZIP archives: which kind each is, by what it holds, and its text.

Office Open XML is known by the type of its main part, EPUB and OpenDocument by their `mimetype`. What is none of them
is refused with what was seen in it.
"""

from workers.adapters.decoders.archives import Archive
from workers.adapters.decoders.books import CONTAINER, EPUB, read_book
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.office_packages import CONTENT_TYPES, DOCX, PPTX, XLSX, Package, copy_of, package_in
from workers.adapters.decoders.open_documents import ODP, ODS, ODT, read_open_document
from workers.adapters.decoders.results import Text
from workers.adapters.decoders.signatures import INDEXABLE
from workers.adapters.decoders.slide_shows import read_slides
from workers.adapters.decoders.texts import finished_text
from workers.adapters.decoders.word_documents import read_word_document
from workers.adapters.decoders.workbooks import read_workbook
from workers.errors import DamagedMedia, Permanent, UnknownMediaType

OFFICE_READERS = {DOCX: read_word_document, PPTX: read_slides, XLSX: read_workbook}
READERS = {EPUB: read_book, **dict.fromkeys((ODT, ODS, ODP), read_open_document)}
NAMES = {
    DOCX: "a Word document",
    PPTX: "a PowerPoint presentation",
    XLSX: "an Excel workbook",
    EPUB: "an EPUB book",
    ODT: "an OpenDocument text",
    ODS: "an OpenDocument spreadsheet",
    ODP: "an OpenDocument presentation",
}

MIMETYPE = "mimetype"
TEMPLATE = "-template"
OTHERS = (
    ("META-INF/MANIFEST.MF", "a Java archive"),
    ("AndroidManifest.xml", "an Android package"),
    ("Index/Document.iwa", "an Apple iWork document"),
    ("doc.kml", "a KMZ map"),
)
SHOWN_CHARS = 60


def decode_document(data: bytes, limits: DecodeLimits) -> Text:
    """The text of the document in the archive `data`.

    Raises `UnknownMediaType` (an archive of another kind), `DamagedMedia` (also: encrypted), `EmptyMedia` and
    `MediaTooLarge`.
    """
    archive = Archive(data, limits)
    kind = _kind(archive)
    media_type = kind if isinstance(kind, str) else kind.media_type
    try:
        text = _read(archive, kind, limits.max_text_chars)
    except (Permanent, MemoryError):
        raise
    except Exception as error:  # the libraries document no base of what damaged documents make them raise
        raise DamagedMedia(f"{NAMES[media_type]} that cannot be read: {_reason(error)}") from error
    return finished_text(media_type, text, "markdown")


def _read(archive: Archive, kind: str | Package, max_chars: int) -> str:
    if isinstance(kind, Package):
        return OFFICE_READERS[kind.media_type](copy_of(archive, kind), max_chars)
    return READERS[kind](archive, max_chars)


def _kind(archive: Archive) -> str | Package:
    """The media type of what the archive is, or the package that it is."""
    if CONTENT_TYPES in archive:
        package = package_in(archive)
        if package is None:
            raise _unknown("an Open Packaging file whose main part is none of Word, PowerPoint or Excel")
        return package
    if MIMETYPE in archive:
        declared = archive.read(MIMETYPE).decode("ascii", "replace").strip().removesuffix(TEMPLATE)
        if declared not in READERS:
            raise _unknown(f"an archive that says it is {declared[:SHOWN_CHARS]!r}")
        return declared
    if CONTAINER in archive:
        return EPUB
    raise _unknown(_other(archive))


def _other(archive: Archive) -> str:
    for name, words in OTHERS:
        if name in archive:
            return words
    if not archive.names:
        return "an empty ZIP archive"
    return f"a ZIP archive (entries: {len(archive.names):,}, the first of them {archive.names[0][:SHOWN_CHARS]!r})"


def _reason(error: Exception) -> str:
    """A sentence of the library's; the text of a `KeyError` would be quoted."""
    return str(error.args[0]) if error.args and isinstance(error.args[0], str) else type(error).__name__


def _unknown(seen: str) -> UnknownMediaType:
    return UnknownMediaType(f"this is {seen}; {INDEXABLE}")
