"""Segmentation: pieces with ids that any process derives alike."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.decoded import DecodedImage, DecodedText
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import segment_id
from workers.errors import EmptyMedia
from workers.ingest.segment import segments_of

REF = ObjectRef("media", "notes/a b.md")


class EveryLine:
    """A splitter that cuts after every line."""

    def split(self, text: DecodedText) -> Sequence[tuple[int, int]]:
        spans, begin = [], 0
        for line in text.text.splitlines(keepends=True):
            if line.strip():
                spans.append((begin, begin + len(line)))
            begin += len(line)
        return spans


def decoded(text: str) -> DecodedText:
    return DecodedText("text/plain", text)


def picture(width: int = 4, height: int = 3) -> DecodedImage:
    pixels = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    return DecodedImage("image/png", pixels, width, height)


def test_a_passage_is_what_its_characters_say() -> None:
    text = "One.\n\nZwei – ünï.\n三つ。\n"
    segments = segments_of(REF, decoded(text), EveryLine()).segments
    assert [segment.text for segment in segments] == ["One.\n", "Zwei – ünï.\n", "三つ。\n"]
    assert [text[slice(*s.locator.chars)] for s in segments if s.locator.chars] == [s.text for s in segments]
    assert [(segment.ordinal, segment.modality, segment.derived) for segment in segments] == [
        (0, "text", False),
        (1, "text", False),
        (2, "text", False),
    ]


@given(st.text())
def test_any_text_gives_distinct_segments_or_is_empty(text: str) -> None:
    if not text.strip():
        with pytest.raises(EmptyMedia, match="has no text in it"):
            segments_of(REF, decoded(text), EveryLine())
        return
    segments = segments_of(REF, decoded(text), EveryLine()).segments
    assert len({segment.id for segment in segments}) == len(segments)
    assert segments == segments_of(REF, decoded(text), EveryLine()).segments


def test_the_same_words_have_the_same_content_hash_in_any_object() -> None:
    (one,) = segments_of(REF, decoded("the same"), EveryLine()).segments
    (other,) = segments_of(ObjectRef("media", "other"), decoded("the same"), EveryLine()).segments
    assert one.content_hash == other.content_hash
    assert one.id != other.id


def test_a_picture_is_one_segment_of_the_whole() -> None:
    (segment,) = segments_of(REF, picture(), EveryLine()).segments
    assert (segment.modality, segment.locator, segment.text) == ("image", Locator(), "")


def test_pictures_of_the_same_bytes_in_another_shape_are_other_pictures() -> None:
    (wide,) = segments_of(REF, picture(4, 3), EveryLine()).segments
    (high,) = segments_of(REF, picture(3, 4), EveryLine()).segments
    assert wide.content_hash != high.content_hash


def test_the_id_of_a_segment_never_changes() -> None:
    """Written down, because an index that was filled by an earlier version has these."""
    assert segment_id(REF, "text", Locator(chars=(0, 5))) == "57aaaf2a-a847-53fd-a9ee-c3d2f16a5a73"


@pytest.mark.parametrize(
    ("ref", "modality", "locator"),
    [
        (ObjectRef("media", "notes/a b.md", "other"), "text", Locator(chars=(0, 5))),
        (ObjectRef("other", "notes/a b.md"), "text", Locator(chars=(0, 5))),
        (ObjectRef("media", "notes/a b.txt"), "text", Locator(chars=(0, 5))),
        (REF, "image", Locator(chars=(0, 5))),
        (REF, "text", Locator(chars=(0, 6))),
        (REF, "text", Locator()),
        (REF, "text", Locator(page=1)),
    ],
)
def test_whatever_tells_two_segments_apart_is_in_the_id(ref: ObjectRef, modality: str, locator: Locator) -> None:
    known = segment_id(REF, "text", Locator(chars=(0, 5)))
    assert segment_id(ref, modality, locator) != known  # type: ignore[arg-type] - one of the modalities
