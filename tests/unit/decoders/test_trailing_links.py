"""Lists of links that a page's content ends with are the names of other pages; a page of links keeps them."""

from collections.abc import Sequence

import pytest

from workers.adapters.decoders.web_pages import html_to_markdown

PROSE = "The river rises in the hills and flows slowly to the sea, past farms and mills. " * 10
TITLES = ("Ten other rivers", "A lake that is deep", "How mills were built", "Why the sea is salt", "Fishing rights")
LINKS = [f'<a href="/{number}">{title}</a>' for number, title in enumerate(TITLES)]
WITHIN = [f'<a href="#{number}">{title}</a>' for number, title in enumerate(TITLES)]
BY_TELEPHONE = [
    f'<a href="{way}">{title}</a>' for way, title in zip(("tel:+1", "mailto:a@b.c") * 3, TITLES, strict=False)
]
TARGETS = [f'<a name="{number}">{title}</a>' for number, title in enumerate(TITLES)]
ARTICLE = f"<h1>The river</h1><p>{PROSE}</p>"
READ = f"# The river\n\n{PROSE.strip()}"


def each(tag: str, parts: Sequence[str] = LINKS) -> str:
    return "".join(f"<{tag}>{part}</{tag}>" for part in parts)


LISTS = {
    "a list": f"<ul>{each('li')}</ul>",
    "with a heading": f"<h2>Related articles</h2><ul>{each('li')}</ul>",
    "two with headings": f"<h2>Related</h2><ul>{each('li')}</ul><h2>Most read</h2><ul>{each('li')}</ul>",
    "paragraphs": f"<h3>More to read</h3>{each('p')}",
    "in a box": f'<div class="more"><h3>More to read</h3>{each("div")}</div>',
    "in nested boxes": f"<div><div>{each('p')}</div><script>count('a page')</script></div>",
    "cards": f"<section><h2>Read next</h2>{each('article', [f'<h3>{link}</h3>' for link in LINKS])}</section>",
    "in one line": f"<p>{' | '.join(LINKS)}</p>",
    "with dates": f"<ul>{each('li', [f'{link} 3.5.' for link in LINKS])}</ul>",
    "headings that are links": f"<h2>Read next</h2>{each('h3')}",
}


@pytest.mark.parametrize("links", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("content", ["<main>{}</main>", "<div>{}</div>", "<main><article>{}</article></main>"])
def test_a_list_of_links_at_the_end_is_no_content(content: str, links: str) -> None:
    assert html_to_markdown(f"<html><body>{content.format(ARTICLE + links)}</body></html>", 100_000) == READ


@pytest.mark.parametrize(
    "end",
    [
        f"<p>It is told of in {LINKS[0]}, in {LINKS[1]} and, in a way that nobody believes, in {LINKS[2]}.</p>",
        f"<h2>Downloads</h2>{each('p', LINKS[:2])}",
        f"<ul><li>salt and flour, fish and eels, and what else was sold here</li>{each('li')}</ul>",
        f"<ul>{each('li', [f'Miller, A., and Fisher, B.: {link}. A journal of rivers' for link in LINKS])}</ul>",
        f"<ul>{each('li', WITHIN)}</ul>",
        f"<ul>{each('li', TARGETS)}</ul>",
        f"<h2>References</h2><ol>{each('li')}</ol>",
        f"<table><tr>{each('th')}</tr></table>",
        f"<pre>{' '.join(LINKS)}</pre>",
        f"<p>Staff: {', '.join(LINKS)}</p>",
        f"<ul>{each('li', BY_TELEPHONE)}</ul>",
        f"<ul>{each('li')}</ul><p>The ferry leaves at nine.</p>",
        f"<ul>{each('li')}</ul>The ferry leaves at nine.",
    ],
    ids=[
        "a sentence",
        "few",
        "part of a list",
        "references",
        "to this page",
        "targets",
        "numbered",
        "a table",
        "code",
        "names",
        "contact",
        "before words",
        "before text",
    ],
)
def test_what_is_no_such_list_stays(end: str) -> None:
    read = html_to_markdown(f"<html><body><main>{ARTICLE}{end}</main></body></html>", 100_000)
    assert read.startswith(READ)
    assert all(title in read for title in TITLES if f">{title}<" in end)


@pytest.mark.parametrize(
    ("content", "before"),
    [
        ("<main>{}</main>", ""),
        ("<main>{}</main>", "<h1>All pages</h1>"),
        ("<main>{}</main>", f"<h1>All pages</h1><p>{PROSE}</p>"),
        ("<div>{}</div>", ""),
        ("<div>{}</div>", "<h1>All pages</h1>"),
    ],
)
def test_a_page_of_links_keeps_them(content: str, before: str) -> None:
    links = [f'<a href="/{number}">Chapter {number} of the history of rivers</a>' for number in range(40)]
    page = content.format(f"{before}<ul>{each('li', links)}</ul>")
    read = html_to_markdown(f"<html><body>{page}</body></html>", 100_000)
    assert read.count("of the history of rivers") == 40


def test_pictures_that_say_what_they_show_are_no_list_of_links() -> None:
    figures = "".join(
        f'<figure><img alt="Drawing of {title}">{link}</figure>' for title, link in zip(TITLES, LINKS, strict=True)
    )
    read = html_to_markdown(f"<html><body><main>{ARTICLE}<div>{figures}</div></main></body></html>", 100_000)
    assert all(f"Drawing of {title}" in read for title in TITLES)


def test_a_deeply_nested_page_is_read_in_one_pass() -> None:
    depth = 2_000
    page = f"{'<div>' * depth}{'word ' * 200_000}{'</div>' * depth}"
    assert html_to_markdown(f"<html><body><main>{page}</main></body></html>", 2_000_000).count("word") == 200_000
