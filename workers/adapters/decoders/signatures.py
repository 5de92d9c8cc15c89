"""What a file is by its first bytes: pictures that are decoded, and binary kinds that are refused by name.

Recordings have a module of their own. The numbers come from the formats' own specifications, as the `file` program's
magic(5) database collects them. Only signatures that no text starts with are here; two-letter ones are checked further.
"""

from dataclasses import dataclass

HEAD = 512
"""Bytes that are looked at: the last signature, that of tar, stands at 257."""

INDEXABLE = "texts, pictures, documents, recordings and videos are what can be indexed"
"""What whoever sent something else is told."""

BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Sizes of the second header in all versions of Windows and OS/2 bitmaps."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A picture format: Pillow's name of it, and its media type."""

    codec: str
    media_type: str


JPEG = PictureFormat("JPEG", "image/jpeg")
PNG = PictureFormat("PNG", "image/png")
WEBP = PictureFormat("WEBP", "image/webp")
GIF = PictureFormat("GIF", "image/gif")
BMP = PictureFormat("BMP", "image/bmp")
TIFF = PictureFormat("TIFF", "image/tiff")
HEIF = PictureFormat("HEIF", "image/heic")
AVIF = PictureFormat("AVIF", "image/avif")

_PICTURE_STARTS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)

_OTHER_STARTS = (
    (b"\x1f\x8b\x08", "gzip-compressed data"),
    (b"BZh91AY&SY", "bzip2-compressed data"),
    (b"\xfd7zXZ\0", "xz-compressed data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard-compressed data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "an ELF program or library"),
    (b"\xca\xfe\xba\xbe", "a Java class or a Mach-O program"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O program"),
    (b"\0asm", "a WebAssembly module"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"\x1aE\xdf\xa3", "an EBML file that is neither Matroska nor WebM"),
    (b"FLV\x01", "a Flash video"),
    (b"MThd\0\0\0\x06", "a MIDI file"),
    (b"8BPS\0\x01", "a Photoshop document"),
    (b"\0\0\x01\0", "an icon"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\0\x01\0\0\0", "a font"),
    (b"OTTO\0", "a font"),
    (b"PAR1", "a Parquet table"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x04\x95", "a Python pickle"),
)


GIF_HEADER = 13
"""Bytes before the global table of colours."""
GIF_FRAME, GIF_EXTENSION = 0x2C, 0x21
"""What begins the blocks of a GIF."""
GIF_BLOCKS = 200_000
"""Full ones hold 50 MB, which no single frame takes; going through so many takes 30 ms."""
WEBP_FLAGS = 20
"""Where they stand in the extended header."""

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = _AVIF_BRANDS | {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
"""Brands of ISO/IEC 23008-12; `mif1` and `msf1` say only that it is a picture, and a brand after them which."""

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
"""An entry of a ZIP archive, and the end of one without entries (APPNOTE.TXT, 4.3)."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of Office before 2007, and of encrypted documents of later ones (MS-CFB, 2.2)."""

_OLE_KINDS = (
    ("WordDocument", "an old Word document (.doc); save it as .docx"),
    ("PowerPoint Document", "an old PowerPoint presentation (.ppt); save it as .pptx"),
    ("Workbook", "an old Excel workbook (.xls); save it as .xlsx"),
    ("__substg1.0_", "an Outlook message (.msg); save it as .eml"),
)
"""Names of streams, which stand in the container's directory in UTF-16 (MS-CFB, 2.6.4), and what has them."""


def is_archive(data: bytes) -> bool:
    """Whether `data` starts as a ZIP archive does, which is what most documents are inside."""
    return data.startswith(ZIP_STARTS)


def is_encrypted_office(data: bytes) -> bool:
    """Whether `data` is an Office document with a password (MS-OFFCRYPTO, 2.3.4.4)."""
    return data.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in data


def picture_format(data: bytes) -> PictureFormat | None:
    """The picture format that `data` starts like, or None."""
    for start, kind in _PICTURE_STARTS:
        if data.startswith(start):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp":
        return _heif_format(data)
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in BMP_HEADER_SIZES:
        return BMP
    return None


def is_animated(data: bytes) -> bool:
    """Whether `data` says that it is a picture of several frames that are shown one after the other.

    Looks at bytes only, and may take what is damaged for the one or the other. The frames of a TIFF are pages, and
    those of HEIF pictures of their own.
    """
    kind = picture_format(data)
    if kind is GIF:
        return _has_two_frames(data)
    if kind is PNG:  # APNG, 3.1: the control chunk stands before the first picture
        return data.find(b"acTL", 0, data.find(b"IDAT")) > 0
    if kind is WEBP:  # the flag of an animation in the extended header (RFC 9649, 2.7)
        return data[12:16] == b"VP8X" and len(data) > WEBP_FLAGS and bool(data[WEBP_FLAGS] & 0x02)
    return kind is AVIF and data[8:12] == b"avis"


def _has_two_frames(gif: bytes) -> bool:
    """Goes through the blocks of a GIF (GIF89a, 15 to 27) as far as the second frame.

    It may have one, too, where there are more than `GIF_BLOCKS` before.
    """
    at = GIF_HEADER + _colour_table(gif, GIF_HEADER - 3)
    frames = blocks = 0
    while at < len(gif) and gif[at] in (GIF_FRAME, GIF_EXTENSION):
        blocks += 1
        if gif[at] == GIF_FRAME:
            frames += 1
            if frames == 2:
                return True
            at += 11 + _colour_table(gif, at + 9)
        else:
            at += 2
        while at < len(gif) and gif[at] and blocks <= GIF_BLOCKS:  # of up to 255 bytes, and an empty one at their end
            at += 1 + gif[at]
            blocks += 1
        if blocks > GIF_BLOCKS:
            return True
        at += 1
    return False


def _colour_table(gif: bytes, flags_at: int) -> int:
    """Bytes of the table of colours that these flags announce."""
    flags = gif[flags_at] if flags_at < len(gif) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _heif_format(data: bytes) -> PictureFormat | None:
    """The format by the brands of the first box: the major one, and those that it says to be compatible with."""
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, min(int.from_bytes(data[:4]), HEAD), 4))]
    if brands[0] not in _HEIF_BRANDS:
        return None
    return HEIF if _AVIF_BRANDS.isdisjoint(brands) else AVIF


def foreign_kind(data: bytes) -> str | None:
    """A few words for the binary kind that `data` starts like and that is not decoded, or None."""
    head = data[:HEAD]
    if head.startswith(OLE):
        kinds = (words for stream, words in _OLE_KINDS if stream.encode("utf-16-le") in data)
        return next(kinds, "an old Microsoft Office document")
    for start, name in _OTHER_STARTS:
        if head.startswith(start):
            return name
    return _container(head) or _odd_one(head)


def _container(head: bytes) -> str | None:
    if head.startswith(b"RIFF") and b"\0" in head[4:8]:
        return "a RIFF file"
    return None


def _odd_one(head: bytes) -> str | None:
    if head[257:262] == b"ustar":
        return "a tar archive"
    if head.startswith(b"MZ") and b"\0\0" in head:
        return "a Windows program"
    if head[128:132] == b"DICM":
        return "a DICOM picture"
    return None
