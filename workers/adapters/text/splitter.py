"""The Splitter port over text-splitter, which cuts at headings, paragraphs, sentences and words, the highest that fits.

Two traps are mended here. Its time grows with the square of the length of a text without spaces (a megabyte of kana:
158 s), so it is given windows of some thousand characters. And a tokenizer of the BERT kind counts a "word" of more
than 100 characters as one unknown token, however long it is, so that the number of characters is limited as well.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workers.domain.decoded import DecodedText

if TYPE_CHECKING:
    from semantic_text_splitter import MarkdownSplitter, TextSplitter

Span = tuple[int, int]

WINDOW_CHARS_PER_TOKEN = 20
"""Characters that are split at a time, for each token of a span. A window ends at the best boundary of its second half.

Four spans of English. 200 tokens, 200 kB: prose 0.54 s, Chinese without spaces 1.9 s, 100 kB of dots 2.5 s; with 40 in
place of 20: 0.58, 2.2 and 4.0 s.
"""

CHARS_PER_TOKEN = 8
"""More than this on average is no prose (English: 4.5) but a text that the tokenizer does not count properly."""

BOUNDARIES = (
    re.compile(r"\n(?=#{1,6} )"),
    re.compile(r"\n[ \t]*\n"),
    re.compile(r"\n"),
    re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]"),
    re.compile(r"\s"),
)
"""Where a window may end, the best first: before a heading, after a paragraph, a line, a sentence, a word."""


class SemanticSplitter:
    """Cuts into spans of at most `max_tokens` tokens, not counting the special ones that an encoder adds.

    `tokenizer` is the `tokenizer.json` of the encoder that will read the segments. See `ports.splitter.Splitter`.
    """

    def __init__(self, tokenizer: Path, max_tokens: int) -> None:
        from semantic_text_splitter import MarkdownSplitter, TextSplitter  # noqa: PLC0415 - with a tokenizer, 30 MB
        from tokenizers import Tokenizer  # noqa: PLC0415 - the same

        counter = Tokenizer.from_file(str(tokenizer))
        counter.no_truncation()  # a truncated count never passes the limit
        counter.no_padding()
        self._plain = TextSplitter.from_huggingface_tokenizer(counter, max_tokens, trim=False)
        self._markdown = MarkdownSplitter.from_huggingface_tokenizer(counter, max_tokens, trim=False)
        self._max_chars = CHARS_PER_TOKEN * max_tokens
        self._window = WINDOW_CHARS_PER_TOKEN * max_tokens

    def split(self, text: DecodedText) -> Sequence[Span]:
        """See `ports.splitter.Splitter`. Spans begin and end at characters that are not white space."""
        splitter = self._markdown if text.markup == "markdown" else self._plain
        return [span for found in self._spans(text.text, splitter) if (span := _trimmed(text.text, found))]

    def _spans(self, text: str, splitter: "TextSplitter | MarkdownSplitter") -> Iterator[Span]:
        for start, end in windows(text, 0, len(text), self._window):
            for offset, chunk in splitter.chunk_indices(text[start:end]):
                yield from windows(text, start + offset, start + offset + len(chunk), self._max_chars)


def windows(text: str, start: int, end: int, size: int) -> Iterator[Span]:
    """`text[start:end]` in spans of at most `size` characters without a gap, each ending as well as it can."""
    while end - start > size:
        cut = _boundary(text, start + size // 2, start + size)
        yield start, cut
        start = cut
    if end > start:
        yield start, end


def _boundary(text: str, start: int, end: int) -> int:
    """The last position of the best kind of boundary within `text[start:end]`, or `end` where there is none."""
    for kind in BOUNDARIES:
        last = max((found.end() for found in kind.finditer(text, start, end)), default=None)
        if last is not None:
            return last
    return end


def _trimmed(text: str, span: Span) -> Span | None:
    chunk = text[span[0] : span[1]]
    start = span[0] + len(chunk) - len(chunk.lstrip())
    end = span[0] + len(chunk.rstrip())
    return (start, end) if start < end else None
