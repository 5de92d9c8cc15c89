"""Every kind of text in the form in which it is indexed. In this process: the sandbox has its own tests."""

import json

import pytest

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Text
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, UnknownMediaType

LIMITS = DecodeLimits()


def text(source: str | bytes, key: str = "a", limits: DecodeLimits = LIMITS) -> Text:
    result = decode(source.encode() if isinstance(source, str) else source, key, limits)
    assert isinstance(result, Text)
    return result


def page(body: str, head: str = "") -> str:
    return text(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>").text


def test_plain_text_stays_as_it_is() -> None:
    assert text("One.\n\n  Two. \n", "a.txt") == Text("text/plain", "One.\n\n  Two. \n", "plain")


def test_a_name_without_a_known_extension_is_plain_text() -> None:
    assert text("x = 1", "script.py").media_type == "text/plain"


def test_markdown_is_kept_as_source() -> None:
    assert text("# A\n\n*b*\n", "notes.MD") == Text("text/markdown", "# A\n\n*b*\n", "markdown")


# HTML


def test_html_is_recognised_by_content_or_by_name() -> None:
    assert text("<!DOCTYPE HTML><p>a", "page.txt").media_type == "text/html"
    assert text("<p>a", "page.html").media_type == "text/html"
    assert text("<p>a", "page").media_type == "text/plain"


def test_the_title_comes_first_and_headings_are_markdown() -> None:
    assert page("<h2>Sub  heading</h2><p>Text.", "<title>Title</title>") == "# Title\n\n## Sub heading\n\nText."


def test_a_title_that_the_first_heading_repeats_is_written_once() -> None:
    assert page("<h1>Title</h1><p>Text.", "<title>Title</title>") == "# Title\n\nText."


def test_scripts_styles_navigation_and_hidden_parts_are_dropped() -> None:
    dropped = (
        "<script>s</script><style>s</style><nav>n</nav><noscript>x</noscript><p hidden>h</p><svg><text>v</text></svg>"
    )
    assert page(f"before {dropped} after") == "before\n\nafter"


def test_what_stands_in_main_is_the_page() -> None:
    assert page("<header>Shop</header><main><p>Text.</p></main><footer>Imprint</footer>") == "Text."


def test_inline_elements_do_not_cut_words_and_blocks_do() -> None:
    assert page("<p>un<b>believ</b>able &amp; <i>so on</i><br>next<p>two") == "unbelievable & so on\nnext\n\ntwo"


def test_lists_and_tables_are_written_line_by_line() -> None:
    assert page("<ul><li>one<li>two</ul>") == "- one\n- two"
    assert page("<table><tr><th>a<th>b<tr><td>1<td>2</table>") == "a | b\n1 | 2"


def test_preformatted_text_is_fenced_so_that_its_hashes_are_no_headings() -> None:
    assert page("<pre>\n# comment\n  x\n</pre>") == "```\n# comment\n  x\n```"


def test_the_text_that_stands_for_a_picture_is_kept() -> None:
    assert page("<p>See <img src=x alt='a cat'> there") == "See a cat there"


def test_the_charset_of_a_page_is_honoured() -> None:
    source = "<html><head><meta charset='windows-1251'></head><body>Мир</body></html>"
    assert text(source.encode("cp1251"), "a.html").text == "Мир"


def test_deep_nesting_is_read_and_absurd_nesting_is_damaged_media() -> None:
    assert page("<div>" * 1000 + "deep") == "deep"
    with pytest.raises(DamagedMedia, match="nested too deeply"):
        page("<div>" * 5000 + "deep")


def test_a_page_without_text_is_empty_media() -> None:
    with pytest.raises(EmptyMedia):
        page("<script>x</script>")


# JSON


def test_json_becomes_a_line_for_every_value_as_it_is_written() -> None:
    source = '{"name": "Ada", "born": {"year": 1815, "pi": 3.10}, "tags": ["a", "b"], "none": null, "ok": true}'
    expected = "name: Ada\nborn.year: 1815\nborn.pi: 3.10\ntags: a, b\nnone: null\nok: true"
    assert text(source, "a.json") == Text("application/json", expected, "plain")


def test_the_records_of_a_json_list_are_set_apart() -> None:
    assert text('[{"a": 1, "b": [{"c": 2}]}, {"a": 3}]', "a.json").text == "a: 1\nb[0].c: 2\n\na: 3"


def test_json_is_recognised_without_its_extension() -> None:
    assert text('{"a": 1}', "a").media_type == "application/json"
    assert text('{"a": 1}', "a.txt").media_type == "text/plain"
    assert text("{not json}", "a").media_type == "text/plain"


def test_json_lines_are_read_under_either_name() -> None:
    assert text('{"a": 1}\n\n{"a": 2}\n', "a.jsonl") == Text("application/jsonl", "a: 1\n\na: 2", "plain")
    assert text('{"a": 1}\n{"a": 2}\n', "a.json").text == "a: 1\n\na: 2"


def test_json_that_is_none_is_damaged_media_with_line_and_column() -> None:
    with pytest.raises(DamagedMedia, match="not valid JSON: line 3 column 7"):
        text('{"a":\n1,\n "b": oops}', "a.json")
    with pytest.raises(DamagedMedia, match="not valid JSON: line 2 column 2"):
        text('{"a": 1}\n{oops\n', "a.jsonl")
    with pytest.raises(DamagedMedia, match="not valid JSON: line 1 column 1"):
        text("<!doctype html><p>Not found", "a.json")


@pytest.mark.parametrize("depth", [900, 100_000])
def test_deeply_nested_json_ends_in_an_error_and_not_in_a_crash(depth: int) -> None:
    with pytest.raises((DamagedMedia, EmptyMedia)):
        text("[" * depth + "]" * depth, "a.json")


def test_escapes_cannot_bring_in_what_no_text_may_hold() -> None:
    assert text('{"a": "x\\u0000y\\ud800z"}', "a.json").text == "a: x y?z"


# Tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_row_of_a_table_names_its_columns(delimiter: str) -> None:
    rows = [["city", "population"], ["Bern", "133,5"], ["Zürich", ""]]
    source = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    expected = "city; population\ncity: Bern; population: 133,5\ncity: Zürich"
    assert text(source, "a.csv") == Text("text/csv", expected, "plain")


def test_a_table_without_header_is_written_as_it_is() -> None:
    assert text("1,2\n3,4\n", "a.csv").text == "1; 2\n3; 4"


def test_tabs_separate_under_the_name_tsv() -> None:
    assert text("a, b\tc\nx, y\tz", "a.tsv") == Text("text/tab-separated-values", "a, b; c\na, b: x, y; c: z", "plain")


def test_a_line_break_inside_a_cell_does_not_break_the_row() -> None:
    assert text('a,b\n"one\ntwo",3\n', "a.csv").text == "a; b\na: one two; b: 3"


def test_a_table_of_one_column_is_a_table() -> None:
    assert text("name\nAda\nGrace\n", "a.csv").text == "name\nname: Ada\nname: Grace"


def test_a_cell_beyond_the_header_is_kept() -> None:
    assert text("a,b\n1,2,3\n", "a.csv").text == "a; b\na: 1; b: 2; 3"


# What is refused


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe" * 20])
def test_an_object_without_a_word_is_empty_media(data: bytes) -> None:
    with pytest.raises(EmptyMedia):
        text(data, "a.txt")


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\x7fELF\x02\x01\x01", "ELF program"),
        (b"MZ\x90\0\x03\0\0\0", "Windows program"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"SQLite format 3\0", "SQLite"),
        (b"a.txt".ljust(257, b"\0") + b"ustar\0", "tar archive"),
    ],
)
def test_binary_content_is_an_unknown_media_type_that_is_named(start: bytes, name: str) -> None:
    with pytest.raises(UnknownMediaType, match=name):
        text(start + b"\0" * 100, "notes.txt")


@pytest.mark.parametrize(
    "words", ["BMW is a car", "MZ is the Czech ministry", "RIFF on this", "GIFs are fun", "II* MM*"]
)
def test_words_that_start_like_a_signature_are_text(words: str) -> None:
    assert text(words).text == words


def test_a_text_longer_than_the_limit_is_too_large() -> None:
    limits = DecodeLimits(max_text_chars=10)
    assert text("ä" * 10, "a.txt", limits).text == "ä" * 10
    with pytest.raises(MediaTooLarge, match="more than 10 characters"):
        text("ä" * 11, "a.txt", limits)
    with pytest.raises(MediaTooLarge, match="more than 10 characters"):
        text("a" * 1000, "a.txt", limits)


def test_a_small_file_cannot_become_an_endless_text() -> None:
    limits = DecodeLimits(max_text_chars=1_000_000)
    with pytest.raises(MediaTooLarge):
        text(json.dumps({"k" * 1000: [{"a": 1}] * 10_000}), "a.json", limits)
    with pytest.raises(MediaTooLarge):
        text("h" * 1000 + ",i\n" + "1,2\n" * 10_000, "a.csv", limits)
