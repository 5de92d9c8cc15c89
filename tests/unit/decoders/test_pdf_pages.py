"""PDFs become pages with lines, pictures and an outline. In this process: the sandbox has its own tests."""

import numpy as np
import pytest
from media.pdf_writer import HEIGHT, WIDTH, Page, image, lines, pdf, picture, text

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Document, PagePicture, Text
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge

LIMITS = DecodeLimits()
RED = (220, 30, 30)
LEFT = ["The keeper lights the lamp", "as soon as the sun goes down", "and stays with it all night."]
RIGHT = ["The ferry comes at nine and", "leaves at four, but never on", "a day with much wind at sea."]


def decoded(data: bytes, limits: DecodeLimits = LIMITS) -> Document:
    result = decode(data, "a.pdf", limits)
    assert isinstance(result, Document)
    return result


def words(*pages: Page, **more: bytes) -> list[str]:
    return [line.text for page in decoded(pdf(pages, **more)).pages for line in page.lines]  # type: ignore[arg-type]


def colour(shown: PagePicture, x: float, y: float) -> tuple[int, ...]:
    """Of the pixel at these fractions of the picture."""
    width, height = shown.size
    rows = np.frombuffer(shown.pixels, np.uint8).reshape(height, width, 3)
    return tuple(rows[int(y * height), int(x * width)].tolist())


# Text and places


def test_a_line_has_its_words_and_its_place_within_two_percent() -> None:
    (page,) = decoded(pdf([Page(text(60, 80, "HELLO WORLD", size=20))])).pages
    (line,) = page.lines
    assert (page.number, line.text) == (1, "HELLO WORLD")
    # The width is that of Helvetica's own table of widths: 7.28 em for these letters.
    expected = (60 / WIDTH, (80 - 14.4) / HEIGHT, (60 + 7.28 * 20) / WIDTH, 80 / HEIGHT)
    assert line.box == pytest.approx(expected, abs=0.02)


def test_pages_are_counted_from_one_and_keep_their_order() -> None:
    pages = decoded(pdf([Page(text(60, 80, f"This is page {n}.")) for n in (1, 2, 3)])).pages
    assert [(page.number, page.lines[0].text) for page in pages] == [(n, f"This is page {n}.") for n in (1, 2, 3)]


@pytest.mark.parametrize("rows", [False, True])
def test_two_columns_are_read_one_after_the_other(rows: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """Whether the file has them column by column, or line by line across both."""
    title = text(180, 60, "The title stands across both columns")
    if rows:
        pairs = zip(LEFT, RIGHT, strict=True)
        content = b"".join(text(60, 100 + 14 * n, a) + text(320, 100 + 14 * n, b) for n, (a, b) in enumerate(pairs))
    else:
        content = lines(60, 100, LEFT) + lines(320, 100, RIGHT)
    assert words(Page(content + title)) == ["The title stands across both columns", *LEFT, *RIGHT]


def test_a_title_between_columns_parts_what_is_above_from_what_is_below() -> None:
    content = lines(60, 60, LEFT) + lines(320, 60, RIGHT) + text(150, 120, "A title in the middle of the page")
    below = lines(60, 150, [f"{line} again" for line in LEFT]) + lines(320, 150, [f"{line} too" for line in RIGHT])
    found = words(Page(content + below))
    assert found[:7] == [*LEFT, *RIGHT, "A title in the middle of the page"]
    assert found[7:] == [*(f"{line} again" for line in LEFT), *(f"{line} too" for line in RIGHT)]


def test_the_cells_of_a_row_are_one_line() -> None:
    rows = [("Ticket", "Price", "Valid"), ("Day", "12.50", "today"), ("Family", "30.00", "all week")]
    cells = [text(60 + 120 * c, 100 + 14 * r, cell) for r, row in enumerate(rows) for c, cell in enumerate(row)]
    expected = ["Ticket | Price | Valid", "Day | 12.50 | today", "Family | 30.00 | all week"]
    assert words(Page(b"".join(cells))) == expected
    by_column = [text(60 + 120 * c, 100 + 14 * r, row[c]) for c in range(3) for r, row in enumerate(rows)]
    assert words(Page(b"".join(by_column))) == expected


def test_lines_come_from_top_to_bottom_whatever_their_order_in_the_file() -> None:
    shown = ["First comes this line.", "Then there is this one.", "At last we have this."]
    content = [text(60, 100 + 30 * number, line) for number, line in enumerate(shown)]
    assert words(Page(content[2] + content[0] + content[1])) == shown


TURNED = {
    90: b"0 1 -1 0 %g %g" % (100, 60),
    180: b"-1 0 0 -1 %g %g" % (WIDTH - 60, 100),
    270: b"0 -1 1 0 %g %g" % (WIDTH - 100, HEIGHT - 60),
}


@pytest.mark.parametrize("degrees", TURNED)
def test_a_turned_page_is_read_as_it_is_shown(degrees: int) -> None:
    """The line stands 60 points from the left and 100 from the top once the page is turned."""
    content = b"BT /F1 20 Tf %s Tm (HELLO WORLD) Tj ET" % TURNED[degrees]
    ((line,),) = (page.lines for page in decoded(pdf([Page(content, more=b"/Rotate %d" % degrees)])).pages)
    width, height = (HEIGHT, WIDTH) if degrees in (90, 270) else (WIDTH, HEIGHT)
    assert line.text == "HELLO WORLD"
    assert line.box == pytest.approx((60 / width, 85.6 / height, 205.6 / width, 100 / height), abs=0.02)


def test_places_are_within_the_visible_part_of_a_page() -> None:
    crop = b"/CropBox[100 200 500 700]"
    content = text(150, HEIGHT - 600, "VISIBLE", size=20) + text(10, 20, "BEYOND THE EDGE")
    ((line,),) = (page.lines for page in decoded(pdf([Page(content, more=crop)])).pages)
    assert line.text == "VISIBLE"
    assert line.box[:2] == pytest.approx((50 / 400, (100 - 14.4) / 500), abs=0.02)


def test_a_hyphenated_word_keeps_its_parts_on_their_lines() -> None:
    assert words(Page(lines(60, 80, ["The light is vis-", "ible from afar."]))) == [
        "The light is vis-",
        "ible from afar.",
    ]


def test_ligatures_are_letters() -> None:
    assert words(Page(b"BT /F1 12 Tf 60 700 Td (The of\001ce) Tj ET"), differences=b"1/fi") == ["The office"]


def test_letters_that_a_font_calls_ends_of_lines_end_no_line_of_ours() -> None:
    """A carriage return here and a line feed there are no end of a line, though there are as many of both."""
    (page,) = decoded(pdf([Page(text(60, 80, "one A two B three"))], meaning={"A": "\r", "B": "\n"})).pages
    assert " ".join(line.text for line in page.lines).split() == ["one", "two", "three"]
    assert not any("\n" in line.text or "\r" in line.text for line in page.lines)


def test_what_stands_on_no_page_is_not_read() -> None:
    assert words(Page(text(60, 80, "seen") + text(60, 2_000, "unseen"))) == ["seen"]


# Pictures


def test_a_figure_is_a_picture_beside_the_page_as_it_looks() -> None:
    content = text(60, 60, "A figure:") + picture(150, 200, 300, 200)
    (page,) = decoded(pdf([Page(content, image=image(30, 20, RED))])).pages
    whole, figure = page.pictures
    assert (whole.box, whole.size) == (None, (480, 640))
    assert colour(whole, 0.5, 300 / HEIGHT) == RED
    assert colour(whole, 0.1, 0.9) == (255, 255, 255)
    assert figure.box == pytest.approx((150 / WIDTH, 200 / HEIGHT, 450 / WIDTH, 400 / HEIGHT), abs=0.005)
    assert colour(figure, 0.5, 0.5) == RED
    assert figure.size[0] / figure.size[1] == pytest.approx(1.5, abs=0.02)


def test_a_page_of_text_alone_is_not_drawn() -> None:
    assert decoded(pdf([Page(text(60, 60, "Nothing but words."))])).pages[0].pictures == ()


def test_a_page_without_text_is_drawn() -> None:
    (page,) = decoded(pdf([Page(b"1 0 0 rg 100 100 300 300 re f")])).pages
    assert [(shown.box, colour(shown, 0.4, 0.7)) for shown in page.pictures] == [(None, (255, 0, 0))]


def test_a_scan_is_the_page_and_no_figure_of_it() -> None:
    (page,) = decoded(pdf([Page(picture(0, 0, WIDTH, HEIGHT), image=image(60, 80, RED))])).pages
    assert [(shown.box, colour(shown, 0.5, 0.5)) for shown in page.pictures] == [(None, RED)]


@pytest.mark.parametrize(("width", "height"), [(60, 40), (500, 20), (580, 2)])
def test_logos_and_rules_are_no_figures(width: int, height: int) -> None:
    content = text(60, 60, "Some words.") + picture(10, 100, width, height)
    assert decoded(pdf([Page(content, image=image(30, 20, RED))])).pages[0].pictures == ()


def test_a_page_has_its_largest_figures_only() -> None:
    shown = b"".join(picture(10, 10 + 100 * n, 150 + 20 * n, 90) for n in range(7))
    (page,) = decoded(pdf([Page(shown, image=image(30, 20, RED))]), DecodeLimits(page_figures=2)).pages
    assert [round(each.box[1] * HEIGHT) for each in page.pictures if each.box] == [510, 610]


def test_a_picture_of_too_many_pixels_costs_the_pictures_of_its_page() -> None:
    vast = image(3, 2, RED, declared=(60_000, 60_000))
    content = text(60, 60, "Some words.") + picture(100, 100, 300, 300)
    data = pdf([Page(content, image=vast), Page(content, image=image(3, 2, RED))])
    first, second = decoded(data).pages
    assert (len(first.lines), first.pictures) == (1, ())
    assert "60,000 x 60,000 pixels" in first.lost
    assert (len(second.pictures), second.lost) == (2, "")


def test_the_pictures_of_a_document_are_limited_and_the_first_page_without_says_so() -> None:
    content = text(60, 60, "Some words.") + picture(100, 100, 300, 300)
    document = decoded(pdf([Page(content, image=image(3, 2, RED))] * 4), DecodeLimits(max_pictures=3))
    assert [len(page.pictures) for page in document.pages] == [2, 1, 0, 0]
    assert ["may have 3" in page.lost for page in document.pages] == [False, True, False, False]
    assert all(page.lines for page in document.pages)


def test_text_comes_first_where_drawing_takes_too_long() -> None:
    content = text(60, 60, "Some words.") + picture(100, 100, 300, 300)
    document = decoded(pdf([Page(content, image=image(3, 2, RED))] * 2), DecodeLimits(timeout_s=0))
    assert [(len(page.lines), page.pictures) for page in document.pages] == [(1, ()), (1, ())]
    assert ["takes too long" in page.lost for page in document.pages] == [True, False]


@pytest.mark.parametrize("box", [(0, 0, 1_000_000, 1_000_000), (0, 0, 1_000_000, 1), (0, 0, 0.001, 800)])
def test_a_page_of_absurd_size_is_drawn_within_the_limit(box: tuple[float, float, float, float]) -> None:
    for page in decoded(pdf([Page(b"0 0 1000000 1000000 re f", box=box)])).pages:
        assert all(max(shown.size) <= LIMITS.picture_side for shown in page.pictures)


# Outline


def test_the_outline_has_levels_titles_and_pages() -> None:
    outline = [(0, "Animals", 1), (1, "Seals", 1), (1, "Lemurs", 2), (0, "Tickets", 3)]
    document = decoded(pdf([Page(text(60, 60, f"Page {n}")) for n in (1, 2, 3)], outline=outline))
    assert [(entry.level, entry.title, entry.page) for entry in document.outline] == outline


# Bad input


def test_a_page_that_cannot_be_loaded_costs_that_page() -> None:
    first, second, third = decoded(
        pdf([Page(text(60, 60, "First.")), Page(raw=b"null"), Page(text(60, 60, "Third."))])
    ).pages
    assert [page.lines[0].text for page in (first, third)] == ["First.", "Third."]
    assert (second.lines, second.pictures) == ((), ())
    assert second.lost


@pytest.mark.parametrize("content", [b"\xff\xfe garbage (((( ]]] << BT 1 2 3", b"q " * 100_000, b"(" * 100_000])
def test_a_page_with_a_broken_content_stream_costs_that_page(content: bytes) -> None:
    first, second = decoded(pdf([Page(content), Page(text(60, 60, "Second."))])).pages
    assert first.lines == ()
    assert [line.text for line in second.lines] == ["Second."]


def test_an_encrypted_document_is_damaged_media_that_says_so() -> None:
    with pytest.raises(DamagedMedia, match="encrypted and opens with a password only"):
        decoded(pdf([Page(text(60, 60, "Secret."))], encrypted=True))


def test_a_document_without_pages_is_damaged_media() -> None:
    with pytest.raises(DamagedMedia, match="PDF"):
        decoded(pdf([]))


def test_a_document_of_which_no_page_can_be_read_is_damaged_media() -> None:
    with pytest.raises(DamagedMedia, match="no page of the PDF can be read"):
        decoded(pdf([Page(raw=b"null")] * 3))


def test_ten_thousand_empty_pages_are_empty_media() -> None:
    with pytest.raises(EmptyMedia, match="nothing on any page"):
        decoded(pdf([Page()] * 10_000), DecodeLimits(max_pages=10_000))


def test_more_pages_than_allowed_are_too_large() -> None:
    with pytest.raises(MediaTooLarge, match="the PDF has 10,000 pages; at most 5,000 are decoded"):
        decoded(pdf([Page()] * 10_000))


def test_more_text_than_allowed_is_too_large() -> None:
    pages = [Page(lines(60, 60, LEFT))] * 10
    with pytest.raises(MediaTooLarge, match="more than 200 characters"):
        decoded(pdf(pages), DecodeLimits(max_text_chars=200))


def test_a_truncated_document_ends_as_a_document_or_as_damaged_media() -> None:
    data = pdf([Page(lines(60, 60, LEFT))] * 3, outline=[(0, "One", 1), (0, "Two", 2)])
    for end in range(8, len(data), 37):
        try:
            pages = decoded(data[:end]).pages
        except (DamagedMedia, EmptyMedia) as error:
            assert "PDF" in error.message  # noqa: PT017 - either of the two is right
        else:
            assert any(page.lines for page in pages)


# Which objects are PDFs


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\x01" * 900 + b"\n"])
def test_a_document_may_have_other_bytes_before_it(before: bytes) -> None:
    result = decode(before + pdf([Page(text(60, 60, "Found."))]), "a", LIMITS)
    assert isinstance(result, Document)
    assert result.media_type == "application/pdf"


def test_a_text_that_tells_of_pdf_is_a_text() -> None:
    told = b"# How a PDF begins\n\n%PDF-1.7\n\nand it ends with startxref and %%EOF." + b" More of this." * 200
    assert isinstance(decode(told, "a.md", LIMITS), Text)


def test_a_document_that_is_named_a_text_is_damaged_media() -> None:
    with pytest.raises(DamagedMedia, match="holds a PDF document"):
        decode(pdf([Page(text(60, 60, "Words."))]), "a.txt", LIMITS)


def test_a_text_that_is_named_a_document_is_damaged_media() -> None:
    with pytest.raises(DamagedMedia, match="by its name it is application/pdf, but it holds text"):
        decode(b"<html>404 not found</html>", "a.pdf", LIMITS)
