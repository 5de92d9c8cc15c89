"""The main content of a web page that does not name it: without menus, side columns and imprints.

trafilatura (Barbaresi 2021, https://aclanthology.org/2021.acl-demo.15) decides which paragraphs are content; nothing is
fetched. Its own rewriting of a page loses headings, lists and code, and so it is only asked where the content stands.
"""

import copy
from typing import Any

# fmt: off
DROPPED = frozenset({
    "script", "style", "noscript", "template", "nav", "svg", "math", "iframe", "object", "embed", "button", "select",
    "textarea", "head", "title",
})
# fmt: on
"""Elements that nobody reads, or that are not the page's own text."""

PARAGRAPHS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "td", "th", "blockquote", "pre", "div")
HEADINGS = frozenset(PARAGRAPHS[1:7])
EXTRACTED = ("p", "head", "item", "cell", "quote", "code")
"""Names of paragraphs in a page, and in what trafilatura gives."""

LEAST_CHARS = 250
"""Below this, a page is too short to tell its content from its frame; trafilatura's own limit is the same."""

LEAST_SHARE = 0.25
"""Of the text of the page: where less is found, the page is more likely a list or an application than an article."""

LEAST_FOUND = 0.8
"""Of what is extracted, the share that must be found again in the page: text between line breaks has no element."""

MOST_ELEMENTS, MOST_CHARS = 20_000, 1_000_000
"""Larger pages are taken whole: at these sizes, trafilatura took at most 3 s, and its time grows with the square."""


def is_large(element: Any) -> bool:
    """Whether it holds more elements than `MOST_ELEMENTS`, so that none of them is weighed against the others."""
    return sum(1 for _ in element.iter()) > MOST_ELEMENTS


def main_content(root: Any) -> Any:
    """A copy of the element of the page `root` that holds its content, or `root` itself where too little is found."""
    if is_large(root):
        return root
    page = copy.deepcopy(root)
    _strip(page)
    length = len(_letters(page))
    if not LEAST_CHARS <= length <= MOST_CHARS:
        return root
    extracted = _extract(page)
    if extracted is None:
        return root
    kept = {_letters(part) for part in extracted.iter(*EXTRACTED)}
    parts = ((part, _letters(part)) for part in page.iter(*PARAGRAPHS) if _is_paragraph(part))
    found = {part: len(text) for part, text in parts if text in kept}
    if sum(found.values()) < max(LEAST_CHARS, LEAST_SHARE * length, LEAST_FOUND * len(_letters(extracted))):
        return root
    return _region(page, found)


def _strip(page: Any) -> None:
    from lxml import etree  # noqa: PLC0415 - costs 20 ms and 10 MB, and most decoding processes never see a page

    for element in page.xpath("/*//*[@hidden]"):
        element.tag = "template"
    etree.strip_elements(page, *DROPPED, with_tail=False)


def _letters(element: Any) -> str:
    """The text of an element without white space, in which the two trees differ."""
    return "".join("".join(element.itertext()).split())


def _is_paragraph(element: Any) -> bool:
    return element.tag != "div" or not any(child.tag in PARAGRAPHS or len(child) for child in element)


def _extract(root: Any) -> Any:
    """The content as a tree of trafilatura's; None where it finds none."""
    from lxml import etree  # noqa: PLC0415 - see _strip
    from trafilatura import bare_extraction  # noqa: PLC0415 - costs 130 ms, and many pages name their content

    try:
        found = bare_extraction(
            etree.tostring(root, encoding="unicode", method="html"),
            fast=True,  # the other algorithms, which it would compare with, take half a minute for some pages
            favor_recall=True,
            include_comments=False,
            include_formatting=False,
        )
    except Exception:  # noqa: BLE001 - a page that its rules stumble over is still a page, and is taken whole
        return None
    return getattr(found, "body", None)


def _region(root: Any, found: dict[Any, int]) -> Any:
    """The smallest element that holds all of `found`, without what stands before and after them in it."""
    elements = list(root.iter())
    weights = dict.fromkeys(elements, 0) | found
    for element in reversed(elements):  # children come before their parents
        parent = element.getparent()
        if parent is not None:
            weights[parent] += weights[element]
    region = root
    while (whole := next((part for part in region if weights[part] == weights[root]), None)) is not None:
        if whole in found:
            break
        region = whole
    _cut_ends(region, [weights[part] > 0 for part in region])
    return region


def _cut_ends(region: Any, worded: list[bool]) -> None:
    """Remove the children before the first and after the last that hold content, but not the headings right before."""
    children = list(region)
    first, last = worded.index(True), len(worded) - 1 - worded[::-1].index(True)
    while first and children[first - 1].tag in HEADINGS:
        first -= 1
    for child in (*children[:first], *children[last + 1 :]):
        _remove(region, child)


def _remove(region: Any, child: Any) -> None:
    """Without the words behind it, which belong to the region: lines between `br` have no element of their own."""
    before = child.getprevious()
    if before is None:
        region.text = (region.text or "") + " " + (child.tail or "")
    else:
        before.tail = (before.tail or "") + " " + (child.tail or "")
    region.remove(child)
