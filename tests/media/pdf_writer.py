"""PDFs as small as they can be, part by part, so that tests can have any of them wrong."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 600, 800
"""Of a page, in points."""


def text(x: float, y: float, words: str, size: float = 12) -> bytes:
    """Content that shows `words`, their base line `y` points below the upper edge of the page."""
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
    return b"BT /F1 %g Tf %g %g Td (%s) Tj ET\n" % (size, x, HEIGHT - y, escaped)


def lines(x: float, y: float, words: Sequence[str], *, leading: float = 14) -> bytes:
    """Content that shows lines below one another."""
    return b"".join(text(x, y + leading * number, line) for number, line in enumerate(words))


def picture(x: float, y: float, width: float, height: float) -> bytes:
    """Content that shows the picture of the page with its upper left corner at (x, y)."""
    return b"q %g 0 0 %g %g %g cm /Im1 Do Q\n" % (width, height, x, HEIGHT - y - height)


def image(width: int, height: int, rgb: tuple[int, int, int], *, declared: tuple[int, int] | None = None) -> bytes:
    """An object: a picture of one colour, which may declare another size than it has."""
    body = zlib.compress(bytes(rgb) * (width * height))
    says = declared or (width, height)
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % says
    return stream(body, head + b"/Filter/FlateDecode")


def stream(body: bytes, head: bytes = b"") -> bytes:
    """An object with a body."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (head, len(body), body)


@dataclass(frozen=True)
class Page:
    """One page. `more` goes into its dictionary; `image` is what `picture` shows; `raw` takes the whole's place."""

    content: bytes = b""
    more: bytes = b""
    box: tuple[float, float, float, float] = (0, 0, WIDTH, HEIGHT)
    image: bytes | None = None
    raw: bytes | None = None


@dataclass
class _File:
    objects: list[bytes] = field(default_factory=list)

    def add(self, body: bytes) -> int:
        self.objects.append(body)
        return len(self.objects)


def pdf(
    pages: Sequence[Page],
    *,
    outline: Sequence[tuple[int, str, int]] = (),
    encrypted: bool = False,
    differences: bytes = b"",
    meaning: Mapping[str, str] | None = None,
) -> bytes:
    """A PDF with these pages.

    `outline`: level, title and page (from 1); `differences`: names of glyphs of the font; `meaning`: the characters
    that the font says its glyphs stand for, by those that are written.
    """
    file = _File()
    catalog, tree = file.add(b""), file.add(b"")
    encoding = b"<</Type/Encoding/BaseEncoding/WinAnsiEncoding/Differences[%s]>>" % differences
    told = b"/ToUnicode %s" % _reference(file.add(_to_unicode(meaning))) if meaning else b""
    font = file.add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding%s%s>>" % (encoding, told))
    kids = [_page(file, page, font, tree) for page in pages]
    file.objects[tree - 1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(map(_reference, kids)))
    marks = b"/Outlines %s" % _reference(_outline(file, outline, kids)) if outline else b""
    file.objects[catalog - 1] = b"<</Type/Catalog/Pages %s%s>>" % (_reference(tree), marks)
    locked = b"/Encrypt<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -44>>/ID[(a)(a)]" % (b"o" * 32, b"u" * 32)
    return _written(file.objects, locked if encrypted else b"")


def _to_unicode(meaning: Mapping[str, str]) -> bytes:
    """ISO 32000-1, 9.10.3."""
    pairs = b" ".join(b"<%02X> <%04X>" % (ord(written), ord(meant)) for written, meant in meaning.items())
    return stream(
        b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar %s endbfchar endcmap"
        % (len(meaning), pairs)
    )


def _page(file: _File, page: Page, font: int, tree: int) -> int:
    if page.raw is not None:
        return file.add(page.raw)
    content = file.add(stream(page.content))
    images = b"/XObject<</Im1 %s>>" % _reference(file.add(page.image)) if page.image else b""
    resources = b"<</Font<</F1 %s>>%s>>" % (_reference(font), images)
    head = b"/Type/Page/Parent %s/MediaBox[%g %g %g %g]" % (_reference(tree), *page.box)
    return file.add(b"<<%s/Resources%s/Contents %s%s>>" % (head, resources, _reference(content), page.more))


def _outline(file: _File, outline: Sequence[tuple[int, str, int]], kids: Sequence[int]) -> int:
    """The entries one after the other: those of a level are linked, and the first hangs on the entry above."""
    root = file.add(b"")
    numbers = [file.add(b"") for _ in outline]
    children: dict[int, list[int]] = {root: []}
    parents = [root]
    for number, (level, _, _) in zip(numbers, outline, strict=True):
        del parents[level + 1 :]
        children.setdefault(parents[level], []).append(number)
        parents.append(number)
    links = {number: _links(children.get(number, [])) for number in (root, *numbers)}
    file.objects[root - 1] = b"<</Type/Outlines%s>>" % links[root]
    for parent, members in children.items():
        for member, following in zip(members, [*members[1:], 0], strict=True):
            _, title, page = outline[numbers.index(member)]
            after = b"/Next %s" % _reference(following) if following else b""
            place = b"/Dest[%s/Fit]" % _reference(kids[page - 1])
            entry = b"/Title(%s)/Parent %s%s%s%s" % (title.encode(), _reference(parent), after, place, links[member])
            file.objects[member - 1] = b"<<%s>>" % entry
    return root


def _links(children: Sequence[int]) -> bytes:
    return b"/First %s/Last %s" % (_reference(children[0]), _reference(children[-1])) if children else b""


def _reference(number: int) -> bytes:
    return b"%d 0 R" % number


def _written(objects: Sequence[bytes], trailer: bytes) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % start for start in starts)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, table)
    return bytes(out)
