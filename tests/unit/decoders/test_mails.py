"""Mails in the form in which they are indexed. In this process: the sandbox has its own tests."""

import pytest
from documents import mail

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Text
from workers.errors import DamagedMedia


def text(data: bytes, key: str = "a") -> Text:
    result = decode(data, key, DecodeLimits())
    assert isinstance(result, Text)
    return result


def test_a_mail_is_its_header_its_plain_text_and_the_names_of_its_attachments() -> None:
    assert text(mail(html="<p>The same in <b>bold</b>.")) == Text(
        "message/rfc822",
        "# Mühle geschlossen\n\nFrom: Ann Stone <ann@example.org>\nTo: ben@example.org\n"
        "Date: Mon, 02 Mar 2026 10:00:00 +0000\n\nThe mill is closed.\nAnn\n\nAttachments: timetable.pdf",
        "markdown",
    )


def test_the_html_of_a_mail_is_read_where_there_is_no_plain_text() -> None:
    assert "\n\n## Closed\n\nOn Mondays.\n\n" in text(mail(html="<h2>Closed</h2><p>On Mondays.", plain=None)).text


def test_a_list_of_links_in_a_mail_is_no_menu() -> None:
    links = "".join(f"<li><a href='#'>Offer {number}: flour</a>" for number in range(10))
    html = f"<p>Hi Ben<p>Here is what you asked for:<ul>{links}</ul>"
    assert "Offer 9: flour" in text(mail(html=html, plain=None)).text


def test_quotation_marks_of_windows_are_read_under_the_name_of_latin_1() -> None:
    head = b"From: a@b.c\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n\n"
    assert "It’s “fine”" in text(head + b"It\x92s \x93fine\x94", "a.eml").text


def test_a_mail_is_recognised_by_its_header_and_a_note_that_begins_like_one_is_not() -> None:
    assert text(mail(), "inbox/1").media_type == "message/rfc822"
    assert text(b"Subject: tea\n\nBuy some.", "a.eml").text == "# tea\n\nBuy some."
    assert text(b"From: here\nTo: there\n\nA way.", "a").media_type == "text/plain"
    assert text(mail(), "a.txt").media_type == "text/plain"


@pytest.mark.parametrize("charset", ["x-unknown", "utf-8", "idna"])
def test_a_mail_with_a_wrong_charset_is_read_as_well_as_its_bytes_allow(charset: str) -> None:
    head = f"From: a@b.c\nMIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\n\n"
    assert "Straße nach Süden" in text(head.encode() + "Straße nach Süden, für Müller".encode("cp1252")).text


def test_a_field_of_a_megabyte_is_cut_and_costs_no_more_than_that() -> None:
    words = b"=?utf-8?q?tea?= " * 100_000
    read = text(b"From: a@b.c\nMessage-ID: 1\nSubject: " + words + b"\n\nHello.").text
    assert read.startswith("# teateatea")
    assert read.endswith("From: a@b.c\n\nHello.")
    assert len(read) < 20_000


def test_a_mail_whose_parts_are_nested_without_end_is_damaged_media() -> None:
    parts = "".join(
        f'From: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b{i}"\n\n--b{i}\n' for i in range(1000)
    )
    with pytest.raises(DamagedMedia, match="nested too deeply"):
        text(parts.encode())


def multipart(kind: str, *parts: str) -> bytes:
    """A mail of parts, each with its own header."""
    head = f'From: a@b.c\nMessage-ID: 1\nMIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="x"\n\n'
    return (head + "".join(f"--x\n{part}\n" for part in parts) + "--x--\n").encode()


def test_all_texts_of_a_mail_are_read_in_their_order() -> None:
    read = text(multipart("mixed", "\nBefore the picture.", "Content-Type: text/html\n\n<p>And after it.</p>")).text
    assert read.endswith("Before the picture.\n\nAnd after it.")


def test_of_alternatives_that_say_the_same_one_is_read() -> None:
    read = text(multipart("alternative", "\nThe mill.", "Content-Type: text/html\n\n<p>The <b>mill</b>.</p>")).text
    assert read.count("mill") == 1


def test_a_forwarded_mail_is_read_with_its_header() -> None:
    inner = "Content-Type: message/rfc822\n\nFrom: ben@example.org\nSubject: Rye\n\nThe price is seven."
    read = text(multipart("mixed", "\nSee below.", inner)).text
    assert read.endswith("See below.\n\n## Forwarded: Rye\n\nFrom: ben@example.org\n\nThe price is seven.")


def test_an_attachment_is_named_also_where_it_does_not_say_that_it_is_one() -> None:
    read = text(multipart("mixed", "\nSee there.", 'Content-Type: application/pdf; name="rye.pdf"\n\n%PDF-1.4')).text
    assert read.endswith("See there.\n\nAttachments: rye.pdf")
