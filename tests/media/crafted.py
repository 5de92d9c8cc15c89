"""Hostile files that no damage would make: absurd sizes, bombs, archives in archives, texts without an end."""

import json
import struct
import zlib
from collections.abc import Callable

from documents import EVERY_KIND, book, mail, open_document, packed, repacked, word_document

from media.good import NOTE, good
from media.pdf_writer import Page, image, pdf, picture, text

MANY = 10**6


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG that declares this size and has ten rows of it at most."""
    rows = zlib.compress(bytes(1 + 3 * min(width, 1_000)) * 10)
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _apng_of_no_frames() -> bytes:
    return _png(10, 10, _chunk(b"acTL", struct.pack(">II", 0, 0)))


def _apng(name: bytes, at: int, value: bytes) -> bytes:
    """The sound animation with a value written into the first chunk of this name, `at` bytes behind the name."""
    data = bytearray(good("apng"))
    start = data.index(name) + 4
    size = int.from_bytes(data[start - 8 : start - 4])
    data[start + at : start + at + len(value)] = value
    data[start + size : start + size + 4] = struct.pack(">I", zlib.crc32(data[start - 4 : start + size]))
    return bytes(data)


def _gif(width: int, height: int, *, frames: bytes = b"") -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0\0\0\0\xff\xff\xff" + frames + b";"


def _gif_frame(left: int = 0) -> bytes:
    """A sound frame of 10 x 10 points, half of them of either colour, so far from the left."""
    codes = [code for point in range(100) for code in (4, point % 2)] + [5]  # forget what was seen, a colour; the end
    bits = sum(code << 3 * at for at, code in enumerate(codes))
    body = bits.to_bytes((3 * len(codes) + 7) // 8, "little")
    return b"," + struct.pack("<HHHHB", left, 0, 10, 10, 0) + b"\x02" + bytes([len(body)]) + body + b"\0"


def _bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def _tiff_in_circles() -> bytes:
    """Its only directory says that it is followed by itself."""
    entries = struct.pack("<HHHII", 2, 256, 4, 1, 10) + struct.pack("<HHII", 257, 4, 1, 10)
    return b"II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", 8)


def _wav(
    *, rate: int = 16_000, channels: int = 1, bits: int = 16, declared: int | None = None, pcm: int = 800
) -> bytes:
    size = declared if declared is not None else pcm
    frame = channels * bits // 8
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * frame % 2**32, frame % 2**16, bits)
    start = b"RIFF" + struct.pack("<I", 2**32 - 1) + b"WAVEfmt \x10\0\0\0"
    return start + head + b"data" + struct.pack("<I", size) + bytes(pcm)


def _flac_of_hours() -> bytes:
    """Says in its header that it has 2^36 - 1 samples."""
    sound = bytearray(good("flac"))
    at = sound.index(b"fLaC") + 8 + 13
    sound[at] |= 0x0F
    sound[at + 1 : at + 5] = b"\xff" * 4
    return bytes(sound)


def _ogg_of_negative_time() -> bytes:
    """The position of every page is minus one hour; its checksums are wrong then, too."""
    sound = bytearray(good("opus"))
    at = -1
    while (at := sound.find(b"OggS", at + 1)) >= 0:
        sound[at + 6 : at + 14] = struct.pack("<q", -3600 * 48_000)
    return bytes(sound)


def _m4a(box: bytes, at: int, value: bytes) -> bytes:
    """The sound file with a value written into one of its boxes, `at` bytes behind the box's name."""
    sound = bytearray(good("m4a"))
    start = sound.index(box) + 4 + at
    sound[start : start + len(value)] = value
    return bytes(sound)


def _nested(depth: int) -> bytes:
    data = packed({"note.txt": NOTE})
    for number in range(depth):
        data = packed({f"inner{number}.zip": data})
    return data


def _bomb() -> bytes:
    xml = b"<w:document>" + b" " * 60_000_000
    return repacked(word_document(), lambda parts: parts.update({"word/document.xml": xml}))


def _nested_document() -> bytes:
    return repacked(word_document(), lambda parts: parts.update({"word/embeddings/inner.docx": word_document()}))


def _font(program: bytes) -> bytes:
    """A page whose words are in an embedded font that is none."""
    whole = good("pdf")
    embedded = b"/FontDescriptor<</Type/FontDescriptor/FontName/F/Flags 4/FontFile2 9 0 R>>"
    return whole.replace(b"/BaseFont/Helvetica", b"/BaseFont/F" + embedded + program, 1)


def _deep_mail(depth: int) -> bytes:
    head = b"From: a@example.org\nMessage-ID: <1@example.org>\n"
    parts = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(depth))
    return head + parts + b"\nThe end.\n"


def _svg(inner: str, more: str = 'width="40" height="20"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {more}>{inner}</svg>'.encode()


_LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))

_GIF_FRAME = _gif_frame()

CRAFTED: dict[str, Callable[[], bytes]] = {
    # Texts
    "line-of-10-mb.txt": lambda: b"keeper of the light " * (MANY // 2),
    "line-of-10-mb-without-space.txt": lambda: b"x" * (10 * MANY),
    "right-to-left.txt": lambda: "\u202e\u2067מגדלור\u2069 \u200f\u061cمنارة\u202c 12:30\n".encode() * 50,
    "zero-width.txt": lambda: "k\u200be\u200ce\u200dp\ufeffe\u2060r \u00ad\n".encode() * 50,
    "only-zero-width.txt": lambda: "\u200b\u200c\u200d\u2060".encode() * 500,
    "combining.txt": lambda: ("a" + "\u0301" * 5_000 + "\n").encode() * 3,
    "lone-surrogates.txt": lambda: b"\xed\xa0\x80\xed\xb0\x80" * 100,
    "overlong.txt": lambda: b"\xc0\xaf\xe0\x80\xaf" * 100,
    "half-utf-16.txt": lambda: b"\xff\xfea",
    "zeros.txt": lambda: bytes(MANY),
    "empty.txt": lambda: b"",
    "mark-alone.txt": lambda: b"\xef\xbb\xbf",
    "deep.json": lambda: b"[" * 100_000 + b"]" * 100_000,
    "wide.json": lambda: json.dumps({f"k{n}": n for n in range(20_000)}).encode(),
    "huge-number.json": lambda: b'{"a": ' + b"9" * 20_000 + b"}",
    "not-a-number.json": lambda: b'{"a": NaN, "b": Infinity}',
    "many-columns.csv": lambda: b",".join(b"c%d" % n for n in range(5_000)) + b"\n" + b"," * 4_999 + b"\n",
    "open-quote.csv": lambda: b'a,b\n1,"' + b"x\n" * 50_000,
    "deep.html": lambda: b"<div>" * 20_000 + b"words",
    "attributes.html": lambda: b"<p " + b"a=1 " * 50_000 + b">words",
    "deep.md": lambda: b">" * 10_000 + b" words",
    # Pictures
    "wide.png": lambda: _png(2**31 - 1, 1),
    "large.png": lambda: _png(60_000, 60_000),
    "nothing.png": lambda: _png(0, 0),
    "no-frames.png": _apng_of_no_frames,
    "text-bomb.png": lambda: _png(10, 10, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50 * MANY)))),
    "large.gif": lambda: _gif(65_535, 65_535, frames=b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0"),
    "no-frames.gif": lambda: _gif(10, 10),
    "frames-without-end.gif": lambda: _gif(10, 10, frames=_GIF_FRAME * 30_000),
    "growing.gif": lambda: _gif(10, 10, frames=_GIF_FRAME + b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0"),
    "growing-sideways.gif": lambda: _gif(10, 10, frames=b"".join(_gif_frame(10 * n) for n in range(6_000))),
    "restored.gif": lambda: _gif(10, 10, frames=b"!\xf9\x04\x0d\xff\xff\0\0" + _GIF_FRAME + _gif_frame(65_525) * 3),
    "second-frame-of-nothing.gif": lambda: _gif(10, 10, frames=_GIF_FRAME + b",\0\0\0\0\0\0\0\0\0\x02\0"),
    "billions-of-frames.apng": lambda: _apng(b"acTL", 0, struct.pack(">I", 2**31 - 1)),
    "frames-of-no-time.apng": lambda: _apng(b"fcTL", 20, bytes(4)),
    "frames-of-hours.apng": lambda: _apng(b"fcTL", 20, struct.pack(">HH", 65_535, 1)),
    "frame-outside.apng": lambda: _apng(b"fcTL", 12, struct.pack(">II", 2**31 - 1, 2**31 - 1)),
    "large.bmp": lambda: _bmp(2**31 - 1, 2**31 - 1),
    "negative.bmp": lambda: _bmp(-5, -(2**31)),
    "circles.tiff": _tiff_in_circles,
    "large.svg": lambda: _svg("<rect width='5' height='5'/>", 'width="1e9" height="1e9"'),
    "negative.svg": lambda: _svg("<rect width='5' height='5'/>", 'width="-5" height="-5"'),
    "deep.svg": lambda: _svg("<g>" * 5_000 + "</g>" * 5_000),
    "laughs.svg": lambda: f"<!DOCTYPE svg [<!ENTITY l0 'ha'>{_LAUGHS}]>".encode() + _svg("<text>&l9;</text>"),
    "itself.svg": lambda: _svg('<g id="a"><use href="#a"/><use href="#a"/></g>'),
    "blur.svg": lambda: _svg(
        '<filter id="f"><feGaussianBlur stdDeviation="1e9"/></filter><rect width="9" height="9" filter="url(#f)"/>'
    ),
    # Recordings
    "zero-channels.wav": lambda: _wav(channels=0),
    "many-channels.wav": lambda: _wav(channels=65_535),
    "zero-rate.wav": lambda: _wav(rate=0),
    "high-rate.wav": lambda: _wav(rate=2**32 - 1),
    "zero-bits.wav": lambda: _wav(bits=0),
    "hours.wav": lambda: _wav(declared=2**32 - 1),
    "no-samples.wav": lambda: _wav(pcm=0),
    "hours.flac": _flac_of_hours,
    "negative-time.opus": _ogg_of_negative_time,
    "endless-scale.m4a": lambda: _m4a(b"mdhd", 12, struct.pack(">II", 0, 2**32 - 1)),
    "negative-time.m4a": lambda: _m4a(b"stts", 8, struct.pack(">Ii", 2**31, -1)),
    "many-entries.m4a": lambda: _m4a(b"stsz", 8, struct.pack(">I", 2**32 - 1)),
    "far-chunk.m4a": lambda: _m4a(b"stco", 8, struct.pack(">I", 2**32 - 1)),
    "box-of-nothing.m4a": lambda: good("m4a")[:32] + struct.pack(">I", 1) + b"moov" + bytes(8),
    "tag-only.mp3": lambda: b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(1_000),
    # Documents
    "nested.zip": lambda: _nested(20),
    "nested.docx": _nested_document,
    "bomb.docx": _bomb,
    "entries.docx": lambda: packed({f"word/{n}.xml": "" for n in range(12_000)}),
    "twice.epub": lambda: book(**{"OPS/book.opf": "<package/>"}),
    "upwards.epub": lambda: packed({"mimetype": "application/epub+zip", "META-INF/container.xml": "<a/>", "../x": "y"}),
    "deep.odt": lambda: open_document("<text:list><text:list-item>" * 3_000 + "</text:list-item></text:list>" * 3_000),
    "columns.ods": lambda: open_document(
        '<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell'
        ' table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row></table:table>',
        "spreadsheet",
    ),
    "laughs.xlsx": lambda: repacked(
        EVERY_KIND["xlsx"](),
        lambda parts: parts.update({"xl/workbook.xml": f"<!DOCTYPE a [{_LAUGHS}]><a>&l9;</a>".encode()}),
    ),
    "deep.eml": lambda: _deep_mail(3_000),
    "many-parts.eml": lambda: mail().replace(b"\n--", b"\n\n--", 1) + b"\n--x\n" * 20_000,
    "long-field.eml": lambda: b"Subject: " + b"=?utf-8?q?=41?= " * 20_000 + b"\n" + mail(),
    # PDF
    "zero-size.pdf": lambda: pdf([Page(text(60, 60, "words"), box=(0, 0, 0, 0))]),
    "vast.pdf": lambda: pdf([Page(picture(0, 0, 9e8, 9e8), image=image(2, 2, (9, 9, 9)), box=(0, 0, 1e9, 1e9))]),
    "not-a-number.pdf": lambda: good("pdf").replace(b"[0 0 600 800]", b"[0 0 nan inf]"),
    "vast-picture.pdf": lambda: pdf(
        [Page(picture(0, 0, 500, 500), image=image(2, 2, (9, 9, 9), declared=(60_000, 60_000)))]
    ),
    "own-parent.pdf": lambda: good("pdf").replace(b"/Kids[", b"/Kids[2 0 R ", 1),
    "font-of-noise.pdf": lambda: _font(b""),
    "font-of-zeros.pdf": lambda: _font(b"/Widths[0 0 0]/FirstChar -5/LastChar 99999999"),
    "negative-count.pdf": lambda: good("pdf").replace(b"/Count 3", b"/Count -3"),
    "many-pages.pdf": lambda: good("pdf").replace(b"/Count 3", b"/Count 2147483647"),
    "far-table.pdf": lambda: good("pdf").replace(b"startxref\n", b"startxref\n99999999999"),
    "stacked-states.pdf": lambda: pdf([Page(b"q " * 200_000 + text(60, 60, "words"))]),
}
"""File name -> how it is made."""
