"""Texts are cut into spans that fit the encoder, at the best places, without losing a character."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from workers.adapters.text.splitter import CHARS_PER_TOKEN, SemanticSplitter
from workers.domain.decoded import DecodedText

MAX_TOKENS = 20


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Splits at spaces and punctuation as BERT does, one token a word, and truncates as MiniLM's file says."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0, "[PAD]": 1}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.enable_truncation(8)
    made.enable_padding(length=8, pad_id=1)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return path


@pytest.fixture(scope="module")
def splitter(tokenizer: Path) -> SemanticSplitter:
    return SemanticSplitter(tokenizer, MAX_TOKENS)


def pieces(splitter: SemanticSplitter, text: str, markup: str = "plain") -> list[str]:
    return [text[start:end] for start, end in splitter.split(DecodedText("text/plain", text, markup))]


def token_count(tokenizer: Path, text: str) -> int:
    counter = Tokenizer.from_file(str(tokenizer))
    counter.no_truncation()
    counter.no_padding()
    return len(counter.encode(text, add_special_tokens=False).ids)


def assert_spans_cover(text: str, spans: Sequence[tuple[int, int]]) -> None:
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert not any(text[start].isspace() or text[end - 1].isspace() for start, end in spans)
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert "".join(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)).strip() == ""


def test_a_short_text_is_one_span_without_the_white_space_around_it(splitter: SemanticSplitter) -> None:
    assert splitter.split(DecodedText("text/plain", "\n  One sentence. \n")) == [(3, 16)]


def test_a_text_of_white_space_has_no_spans(splitter: SemanticSplitter) -> None:
    assert splitter.split(DecodedText("text/plain", " \n\t\n ")) == []
    assert splitter.split(DecodedText("text/plain", "")) == []


def test_a_text_is_cut_between_sentences(splitter: SemanticSplitter) -> None:
    text = "This is the first of the sentences. This one is the second of them. And the third one ends it all."
    assert pieces(splitter, text) == [
        "This is the first of the sentences. This one is the second of them.",
        "And the third one ends it all.",
    ]


def test_a_paragraph_is_a_better_place_to_cut_than_a_sentence(splitter: SemanticSplitter) -> None:
    text = "One two three four five. Six seven eight.\n\nNine ten eleven twelve. Thirteen fourteen fifteen, and so on."
    assert pieces(splitter, text)[0] == "One two three four five. Six seven eight."


def test_markdown_is_cut_before_a_heading(splitter: SemanticSplitter) -> None:
    text = "# First\n\nA few words of text here.\n\n# Second\n\nSome more words of text, which do not fit any more.\n"
    assert pieces(splitter, text, "markdown") == [
        "# First\n\nA few words of text here.",
        "# Second\n\nSome more words of text, which do not fit any more.",
    ]


def test_offsets_count_characters_and_not_bytes(splitter: SemanticSplitter) -> None:
    text = "🦀 Die Größe des Käfers überraschte alle Gäste. " * 10
    assert all(piece.startswith("🦀") for piece in pieces(splitter, text))


def test_no_span_has_more_tokens_than_allowed_even_if_the_tokenizer_truncates(
    splitter: SemanticSplitter, tokenizer: Path
) -> None:
    text = "Words and more words, again and again; it does not end here. " * 200
    assert max(token_count(tokenizer, piece) for piece in pieces(splitter, text)) <= MAX_TOKENS


def test_a_long_prose_text_is_split(splitter: SemanticSplitter) -> None:
    text = "Words and more words, again and again; it does not end here.\n" * (200_000 // 61)
    assert_spans_cover(text, splitter.split(DecodedText("text/plain", text)))


@pytest.mark.parametrize(
    ("unit", "length"), [("a", 1_000_000), ("0123456789abcdef", 1_000_000), ("あいうえお", 200_000)]
)
def test_a_long_line_without_a_space_is_cut_although_it_is_one_word(
    splitter: SemanticSplitter, unit: str, length: int
) -> None:
    text = unit * (length // len(unit))
    spans = splitter.split(DecodedText("text/plain", text))
    assert max(end - start for start, end in spans) <= CHARS_PER_TOKEN * MAX_TOKENS
    assert_spans_cover(text, spans)


TEXTS = st.text(st.one_of(st.sampled_from(" \n\t#.-*`>|ab"), st.characters(codec="utf-8")), max_size=600) | st.lists(
    st.sampled_from(["# Head\n\n", "A sentence. ", "word ", "\n\n", "```\n", "天地。", "x" * 300]), max_size=60
).map("".join)


@settings(max_examples=60, deadline=None)
@given(text=TEXTS, markup=st.sampled_from(["plain", "markdown"]))
def test_spans_are_ordered_and_cover_every_character_that_is_not_white_space(
    splitter: SemanticSplitter, text: str, markup: str
) -> None:
    assert_spans_cover(text, splitter.split(DecodedText("text/plain", text, markup)))
