"""The main content of a web page that does not name it: without menus, side columns, comments and imprints.

trafilatura (Barbaresi 2021, https://aclanthology.org/2021.acl-demo.15) decides what is content; nothing is fetched.
"""

import copy
import re
from typing import TYPE_CHECKING, Any

from workers.adapters.decoders.lines import one_line

if TYPE_CHECKING:
    from lxml.etree import _Element

# fmt: off
DROPPED = frozenset({
    "script", "style", "noscript", "template", "nav", "svg", "math", "iframe", "object", "embed", "button", "select",
    "textarea", "head", "title",
})
# fmt: on
"""Elements that nobody reads, or that are not the page's own text."""

LEAST_CHARS = 250
"""Below this, a page is too short to tell its content from its frame; trafilatura's own limit is the same."""

LEAST_SHARE = 0.25
"""Of the text of the page: where less is found, the page is more likely a list or an application than an article."""

MOST_ELEMENTS, MOST_CHARS = 20_000, 1_000_000
"""Larger pages are taken whole: at these sizes, trafilatura took at most 3 s, and its time grows with the square."""

STAND_IN = re.compile("preformattedtext([0-9]+)")
"""Stands for a block of code, which trafilatura would make a quotation in one line."""


def main_content(root: "_Element") -> "_Element":
    """The part of the page `root` that is its content, as a new page; `root` itself where too little is found."""
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        return root
    page = copy.deepcopy(root)
    for element in page.xpath("//*[@hidden]"):
        element.tag = "template"
    _strip(page)
    length = _length(page)
    if not LEAST_CHARS <= length <= MOST_CHARS:
        return root
    found = _extract(page)
    return found if found is not None and _length(found) >= max(LEAST_CHARS, LEAST_SHARE * length) else root


def _strip(page: "_Element") -> None:
    from lxml import etree  # noqa: PLC0415 - costs 20 ms and 10 MB, and most decoding processes never see a page

    etree.strip_elements(page, *DROPPED, with_tail=False)


def _length(page: "_Element") -> int:
    return len(one_line(" ".join(page.itertext())))


def _extract(page: "_Element") -> "_Element | None":
    from lxml import etree  # noqa: PLC0415 - see _strip
    from trafilatura import extract  # noqa: PLC0415 - costs 130 ms, and most pages name their content themselves

    blocks = _take_out_blocks(page)
    for picture in page.iter("img"):  # the text that stands for a picture, which would be lost
        picture.tag, picture.text = "span", f" {picture.get('alt', '')} "
    etree.strip_tags(page, "code", "kbd", "samp", "tt", "var")  # which would become blocks inside of a sentence
    try:
        source = extract(
            etree.tostring(page, encoding="unicode", method="html"),
            output_format="html",
            fast=True,  # the other algorithms, which it would compare with, take half a minute for some pages
            include_comments=False,
            include_formatting=False,
        )
        content = etree.fromstring(source) if source else None
    except Exception:  # noqa: BLE001 - a page that its rules stumble over is still a page, and is taken whole
        return None
    if content is not None:
        _put_back(content, blocks)
    return content


def _take_out_blocks(page: Any) -> list[Any]:
    """Put a word in the place of every preformatted block; the blocks."""
    from lxml import etree  # noqa: PLC0415 - see _strip

    blocks = page.xpath("//pre[not(ancestor::pre)]")
    for number, block in enumerate(blocks):
        word = etree.Element("p")
        word.text, word.tail, block.tail = f"preformattedtext{number}", block.tail, None
        block.getparent().replace(block, word)
    return blocks


def _put_back(content: Any, blocks: list[Any]) -> None:
    def words_of(found: re.Match[str]) -> str:
        return one_line("".join(blocks[int(found[1])].itertext())) if int(found[1]) < len(blocks) else found[0]

    for element in list(content.iter()):
        found = STAND_IN.fullmatch((element.text or "").strip())
        if found and not len(element) and int(found[1]) < len(blocks):
            element.text = None
            element.append(copy.deepcopy(blocks[int(found[1])]))
        elif element.text:
            element.text = STAND_IN.sub(words_of, element.text)
        if element.tail:
            element.tail = STAND_IN.sub(words_of, element.tail)
