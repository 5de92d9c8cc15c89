"""HTML as Markdown source: the main text in reading order, with headings that the splitter can see."""

import re
from typing import TYPE_CHECKING, Any

from workers.adapters.decoders.lines import Lines, one_line
from workers.adapters.decoders.main_content import DROPPED, main_content
from workers.adapters.decoders.trailing_links import cut_trailing_links
from workers.errors import DamagedMedia

if TYPE_CHECKING:
    from lxml.etree import _Element

LOOKS_LIKE_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(?>(?:<!--(?>.*?-->)\s*)*)<(!doctype\s+html|html|head|body)\b", re.I | re.S
)
"""Comments in atomic groups: two thousand of them, taken together in every way, would never end."""
CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
CHARSET_WITHIN = 4096
"""Bytes; the HTML standard (13.2.3.2) asks for the declaration within the first 1024, pages are less strict."""

# fmt: off
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
    "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
})
# fmt: on
HEADINGS = {f"h{level}": level for level in range(1, 7)}
APART = BLOCKS - {"br", "dd", "dt", "li", "tr"}
"""Blocks with an empty line before and after them; the others follow one another line by line."""


def looks_like_html(text: str) -> bool:
    """Whether `text` starts as an HTML document does."""
    return LOOKS_LIKE_HTML.match(text[:CHARSET_WITHIN]) is not None


def declared_charset(data: bytes) -> str | None:
    """The encoding that a `meta` element or XML declaration at the start of `data` names."""
    found = CHARSET.search(data[:CHARSET_WITHIN])
    return found[1].decode("ascii", "replace") if found else None


def html_to_markdown(text: str, max_chars: int) -> str:
    """Title and main text of a page: its `main`, else what is no boilerplate, else its `body`.

    Raises `DamagedMedia` where there is no element.
    """
    root = parse_html(text)
    writer = _Writer(Lines(max_chars))
    title = one_line(root.findtext(".//title") or "")
    if title:
        writer.heading(1, title)
    named = _named_content(root, max_chars)
    content = main_content(root) if named is None else named
    if content is not root:
        cut_trailing_links(content)
    writer.read(content)
    return writer.lines.text()


def _named_content(root: "_Element", max_chars: int) -> "_Element | None":
    """The `main` of a page, if it has one and that shows a word."""
    mains = root.findall(".//main")
    if len(mains) != 1 or any(above.get("hidden") is not None for above in mains[0].iterancestors()):
        return None
    writer = _Writer(Lines(max_chars))
    writer.read(mains[0])
    return mains[0] if writer.lines.text() else None


def write_chapter(text: str, lines: Lines) -> None:
    """The whole text of a page that is part of a book, without its title, which is that of the book on every page.

    Raises `DamagedMedia` where there is no element.
    """
    lines.separate()
    _Writer(lines).read(parse_html(text))


def parse_html(text: str) -> "_Element":
    """The root of a page, which needs not be well-formed. Raises `DamagedMedia`: no element, or nested too deeply."""
    from lxml import etree  # noqa: PLC0415 - costs 20 ms and 10 MB, and most decoding processes never see a page

    # `huge_tree` allows 2,048 nested elements in place of 256.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise DamagedMedia(f"HTML that cannot be read: {error.msg}") from error
    if root is None:
        raise DamagedMedia("HTML without any element")
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise DamagedMedia("HTML that is nested too deeply")  # what stands deeper would be silently lost
    return root


class _Writer:
    """Collects inline text until a block ends, and then writes it as one line."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._inline: list[str] = []
        self._title = ""

    def heading(self, level: int, text: str) -> None:
        if text != self._title:
            self.lines.separate()
            self.lines.add(f"{'#' * level} {text}")
            self.lines.separate()
        self._title = self._title or text

    def read(self, root: "_Element") -> None:
        """Walk over `root`, without recursion: depth is the sender's choice."""
        from lxml import etree  # noqa: PLC0415 - see parse_html

        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "end":
                self._end(element)
            elif element.tag in DROPPED or element.get("hidden") is not None:
                walk.skip_subtree()
            elif element.tag == "pre":
                self._preformatted("".join(element.itertext()))
                walk.skip_subtree()
            else:
                self._start(element)
        self._flush()

    def _start(self, element: Any) -> None:
        if element.tag in BLOCKS:
            self._flush()
            self._separate(element)
        if element.tag == "li":
            self._inline.append("- ")
        elif element.tag == "img":
            self._inline.append(f" {element.get('alt', '')} ")
        self._inline.append(element.text or "")

    def _end(self, element: Any) -> None:
        if element.tag in ("td", "th") and element.getnext() is not None:
            self._inline.append(" | ")
        if element.tag in HEADINGS:
            heading = self._taken()
            if heading:
                self.heading(HEADINGS[element.tag], heading)
        elif element.tag in BLOCKS:
            self._flush()
            self._separate(element)
        self._inline.append(element.tail or "")

    def _preformatted(self, text: str) -> None:
        """As a fenced block: a `#` in it is no heading."""
        self._flush()
        self.lines.separate()
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        for line in (fence, *text.strip("\n").split("\n"), fence):
            self.lines.add(line)

    def _separate(self, element: Any) -> None:
        if element.tag in APART:
            self.lines.separate()

    def _flush(self) -> None:
        text = self._taken()
        if text and text != "-":
            self.lines.add(text)

    def _taken(self) -> str:
        text = one_line("".join(self._inline))
        self._inline.clear()
        return text
