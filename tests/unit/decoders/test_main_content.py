"""Pages without their frame: menus, side columns and imprints are no content. In this process."""

import pytest

from workers.adapters.decoders.main_content import MOST_ELEMENTS
from workers.adapters.decoders.web_pages import html_to_markdown

PROSE = "The river rises in the hills and flows slowly to the sea, past farms and mills. " * 5
MORE = "In winter the wheel stands still, and the miller mends what the autumn floods have broken. " * 5
MENU = '<div class="menu"><a href="/">Home</a> <a href="/sport">Sport</a> <a href="/login">Log in</a></div>'
FOOTER = '<div id="footer">All rights reserved. <a href="/imprint">Imprint</a></div>'
RELATED = '<div class="sidebar related"><a href="/1">Ten other rivers</a><br><a href="/2">A lake</a></div>'


def page(content: str, title: str = "The river") -> str:
    source = f"<html><head><title>{title}</title></head><body>{MENU}<div>{content}</div>{RELATED}{FOOTER}</body></html>"
    return html_to_markdown(source, 1_000_000)


def test_an_article_is_read_without_menu_side_column_and_footer() -> None:
    read = page(f"<h1>The river</h1><p>{PROSE}</p><h2>The mill</h2><ul><li>salt<li>flour</ul><p>{MORE}</p>")
    assert read == f"# The river\n\n{PROSE.strip()}\n\n## The mill\n\n- salt\n- flour\n\n{MORE.strip()}"


def test_code_pictures_lists_and_tables_of_an_article_are_kept() -> None:
    read = page(
        f"<p>{PROSE}</p><pre># a comment\n  indented</pre>"
        "<p>Call <code>turn()</code> at the <img src=x alt='wheel'>.</p>"
        f"<ul><li>salt<li>flour</ul><table><tr><th>grain<th>price<tr><td>rye<td>7</table><p>{MORE}</p>"
    )
    assert "```\n# a comment\n  indented\n```" in read
    assert "Call turn() at the wheel" in read
    assert "- salt\n- flour" in read
    assert "grain | price\nrye | 7" in read
    assert "Sport" not in read


def test_hidden_text_is_not_content() -> None:
    assert "secret" not in page(f"<p>{PROSE}</p><p hidden>secret words</p><p>{MORE}</p>")


def test_the_frame_is_cut_off_also_where_it_stands_beside_the_paragraphs() -> None:
    source = f"<html><body>{MENU}<h1>The river</h1><p>{PROSE}</p><p>{MORE}</p>{RELATED}{FOOTER}</body></html>"
    assert html_to_markdown(source, 1_000_000) == f"# The river\n\n{PROSE.strip()}\n\n{MORE.strip()}"


def test_a_page_of_which_too_little_would_be_left_is_taken_whole() -> None:
    read = page("<p>Short.</p>")
    assert "Home Sport Log in" in read
    assert "Imprint" in read


def test_text_between_line_breaks_is_not_lost_with_the_frame() -> None:
    lines = "".join(f"{number}. {MORE}<br>" for number in range(20))
    read = html_to_markdown(f"<html><body>{MENU}<p>{PROSE}</p>{lines}{FOOTER}</body></html>", 1_000_000)
    assert all(f"{number}. In winter" in read for number in range(20))


def test_a_page_that_names_its_content_is_believed() -> None:
    read = page(f"<main><p>Short.</p></main><p>{PROSE}</p>")
    assert read == "# The river\n\nShort."


def test_a_page_with_too_many_elements_is_taken_whole() -> None:
    assert "Imprint" in page(f"<p>{PROSE}</p>" + "<p><b>x</b></p>" * (MOST_ELEMENTS // 2))


def test_a_line_of_ten_megabytes_is_read() -> None:
    assert len(html_to_markdown(f"<html><body>{MENU}<p>" + "word " * 2_000_000, 20_000_000)) >= 9_999_999


@pytest.mark.parametrize(
    "named",
    ["<main> </main>", "<main hidden>no</main>", "<main><p hidden>no</p></main>", "<div hidden><main>no</main></div>"],
)
def test_a_named_content_that_shows_nothing_is_not_believed(named: str) -> None:
    assert html_to_markdown(f"<html><body>{named}<p>The ferry leaves at nine.</p></body></html>", 1_000) == (
        "The ferry leaves at nine."
    )


def test_words_behind_what_is_cut_off_at_the_end_are_kept() -> None:
    read = page(f"<p>{PROSE}</p><p>{MORE}</p><br>The ferry waits.<br>It leaves at nine.")
    assert "The ferry waits." in read
    assert "It leaves at nine." in read
    assert "Imprint" not in read
