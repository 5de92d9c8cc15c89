"""Lists of links at the end of a page's content ("more to read"), which are the names of other pages.

By link density, the share of a block's text that is text of links: boilerplate has much of it (Kohlschütter, Fankhauser
and Nejdl 2010, https://doi.org/10.1145/1718487.1718542). Their rule takes a third for enough, anywhere in a page, which
has references and sentences with links go as well. Here only that goes which is nearly all links, at the end, and in
the shape that such lists have.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workers.adapters.decoders.main_content import DROPPED, HEADINGS, is_large

CONTAINERS = frozenset({"article", "aside", "body", "center", "div", "footer", "form", "main", "section"})
"""Blocks whose last blocks may be a list of links that is not part of what stands before: not lists, not tables."""

LISTED = frozenset(
    {"article", "aside", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "menu", "p", "section", "ul"}
)
"""Blocks that such a list is made of. Links in tables, code, addresses and numbered references are the author's."""

NEARLY_ALL = 0.7
"""Of the text of a block; the rest are dates, bars and bullets between the links."""

LEAST_LINKS = 3
"""Fewer are no list, but where to read on or what to download."""

MOST_SHARE = 1 / 3
"""Of the text of the content: where there is more of it, the list is what the page is about."""


@dataclass(frozen=True, slots=True)
class _Weights:
    """Of every element: its letters, those of them that are words of links to other pages, and the number of these."""

    letters: dict[Any, int]
    linked: dict[Any, int]
    links: dict[Any, int]

    def is_list(self, element: Any) -> bool:
        begins_with_words = element.tag == "p" and _count(element.text) > 0  # "Staff: ..." is a sentence
        is_dense = self.linked[element] > NEARLY_ALL * self.letters[element]
        return element.tag in LISTED and is_dense and not begins_with_words


def cut_trailing_links(content: Any) -> None:
    """Remove the lists of links that `content` (an element) ends with, and the headings of these.

    Nothing where it `is_large`: weighing takes memory for each of its elements.
    """
    if is_large(content):
        return
    weights = _weigh(content)
    found = _trailing(content, weights)
    if sum(weights.links[part] for part in found) < LEAST_LINKS:
        return
    if sum(weights.letters[part] for part in found) > MOST_SHARE * weights.letters[content]:
        return
    for part in found:
        part.getparent().remove(part)


def _weigh(content: Any) -> _Weights:
    letters, linked, links = defaultdict[Any, int](int), defaultdict[Any, int](int), defaultdict[Any, int](int)
    for element in reversed(list(content.iter())):  # children come before their parents
        # The description of a picture is read as text.
        letters[element] += _count(element.get("alt") if element.tag == "img" else element.text)
        if not isinstance(element.tag, str) or element.tag in DROPPED or element.get("hidden") is not None:
            letters[element] = linked[element] = links[element] = 0
        elif element.tag == "a" and _leads_elsewhere(element.get("href", "")):
            linked[element], links[element] = letters[element], 1
        if element is not content:
            parent = element.getparent()
            letters[parent] += letters[element] + _count(element.tail)
            linked[parent] += linked[element]
            links[parent] += links[element]
    return _Weights(letters, linked, links)


def _leads_elsewhere(address: str) -> bool:
    """Whether it is that of another page, and not a place in this one, a telephone number or an address of mail."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return parts.scheme in {"", "http", "https"} and bool(parts.netloc or parts.path or parts.query)


def _count(text: str | None) -> int:
    return len("".join((text or "").split()))


def _trailing(content: Any, weights: _Weights) -> list[Any]:
    """The blocks at the end that are lists of links, and the headings before them, the last one first."""
    found: list[Any] = []
    within: Any = content
    while within is not None:
        last, within, headed = within, None, False
        for child in reversed(last):
            if _count(child.tail):
                break  # words behind it, without an element of their own
            if not weights.letters[child]:
                continue
            is_list = weights.is_list(child)
            if is_list or (child.tag in HEADINGS and found and not headed):
                found.append(child)
                headed = not is_list
                continue
            within = child if child.tag in CONTAINERS else None
            break
    return found
