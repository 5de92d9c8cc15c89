"""Texts: which kind of text it is, and the form in which it is indexed.

Locators count characters in the text that is returned here: for HTML, JSON and tables that is the written-out form, not
the source.
"""

import json
from collections.abc import Callable
from pathlib import PurePosixPath

from workers.adapters.decoders.encodings import decode_bytes, without_controls
from workers.adapters.decoders.json_lines import flatten_json, flatten_json_lines
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Text
from workers.adapters.decoders.tables import flatten_table
from workers.adapters.decoders.web_pages import declared_charset, html_to_markdown, looks_like_html
from workers.errors import EmptyMedia, MediaTooLarge

PLAIN, MARKDOWN, HTML, JSON, JSON_LINES, CSV, TSV = (
    "text/plain",
    "text/markdown",
    "text/html",
    "application/json",
    "application/jsonl",
    "text/csv",
    "text/tab-separated-values",
)

EXTENSIONS = {
    **dict.fromkeys((".txt", ".text", ".log"), PLAIN),
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd"), MARKDOWN),
    **dict.fromkeys((".html", ".htm", ".xhtml"), HTML),
    **dict.fromkeys((".jsonl", ".ndjson"), JSON_LINES),
    **dict.fromkeys((".tsv", ".tab"), TSV),
    ".json": JSON,
    ".csv": CSV,
}

MARKUP = {MARKDOWN: "markdown", HTML: "markdown"}

MAX_BYTES_PER_CHAR = 4
"""In UTF-8 and UTF-32, the longest encodings of a character."""


def decode_text(data: bytes, key: str, limits: DecodeLimits) -> Text:
    """The text in `data`, in the form in which it is cut and indexed.

    Raises `UnknownMediaType` (binary data), `DamagedMedia` (no encoding fits; JSON that is none), `EmptyMedia` (white
    space only) and `MediaTooLarge` (more than `max_text_chars`).
    """
    if len(data) > MAX_BYTES_PER_CHAR * limits.max_text_chars:
        raise _too_long(limits)
    source = decode_bytes(data, declared_charset(data))
    if len(source) > limits.max_text_chars:
        raise _too_long(limits)
    kind = _kind(source, key)
    if not source.strip():
        raise EmptyMedia("the text holds nothing but white space")
    return finished_text(kind, _written_out(source, kind, limits.max_text_chars), MARKUP.get(kind, "plain"))


def finished_text(media_type: str, text: str, markup: str) -> Text:
    """`text` without control characters, which JSON, HTML and XML can name. Raises `EmptyMedia`: not a word in it."""
    text = without_controls(text)
    if not text.strip():
        raise EmptyMedia("there is no text in it")
    return Text(media_type, text, markup)


def named_kind(key: str) -> str | None:
    """The media type of the kind of text that the name of an object stands for, or None."""
    return EXTENSIONS.get(PurePosixPath(key).suffix.lower())


def _kind(source: str, key: str) -> str:
    """The name's word on it, unless the content is clearly a page, or the name says nothing."""
    named = named_kind(key)
    if named not in (JSON, JSON_LINES) and looks_like_html(source):
        return HTML
    return named or (JSON if _is_json(source) else PLAIN)


def _is_json(source: str) -> bool:
    if not source.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(source)
    except (ValueError, RecursionError):
        return False
    return True


def _written_out(source: str, kind: str, max_chars: int) -> str:
    forms: dict[str, Callable[[], str]] = {
        HTML: lambda: html_to_markdown(source, max_chars),
        JSON: lambda: flatten_json(source, max_chars),
        JSON_LINES: lambda: flatten_json_lines(source, max_chars),
        CSV: lambda: flatten_table(source, max_chars),
        TSV: lambda: flatten_table(source, max_chars, "\t"),
    }
    return forms[kind]() if kind in forms else source


def _too_long(limits: DecodeLimits) -> MediaTooLarge:
    return MediaTooLarge(f"the text has more than {limits.max_text_chars:,} characters")
