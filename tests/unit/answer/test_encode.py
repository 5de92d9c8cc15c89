"""Encoding: what a question becomes for retrieval."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.models import ColourNamer, WordCounter
from hypothesis import given
from hypothesis import strategies as st

from schemas.questions import MediaRef, Near, QueryFilters, QueryRequested
from workers.answer.asked import MARGIN_S, Asked, Questions, ReplyTo
from workers.answer.encode import KEPT_S, Encoded, EncodedQuestions, QuestionEncoder
from workers.domain.decoded import Decoded, DecodedDocument, DecodedImage, DecodedText, Page, PagePicture, Pixels
from workers.domain.media import ObjectRef
from workers.domain.segment import Vector
from workers.domain.video import Shot, Video
from workers.errors import BadQuestion, MediaTooLarge, ObjectGone, WorkLost

DEADLINE = datetime.now(UTC) + timedelta(hours=1)
REPLY_TO = ReplyTo("1", "rag.replies", "default", "00-ab-cd-01")
RED, TEXT, MOVING, CLIP, SCAN = b"red", b"some text", b"moving", b"clip", b"scan"


def coloured(channel: int) -> Pixels:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[:, :, channel] = 255
    return pixels


class ByContent:
    """A decoder of a few known contents; what decodes real ones runs in a process of its own."""

    def decode(self, data: bytes, *, key: str) -> Decoded | Video:
        del key
        if data == RED:
            return DecodedImage("image/png", coloured(0), 2, 2)
        if data in (MOVING, CLIP):
            frames = [Shot(n, n, n + 1, n, False, coloured(n), coloured(n)) for n in range(3)]
            return Video("image/gif" if data == MOVING else "video/mp4", iter(frames), 3.0)
        if data == SCAN:
            pages = (Page(1), Page(2, (), (PagePicture(coloured(2)),)), Page(3, (), (PagePicture(coloured(0)),)))
            return DecodedDocument("image/tiff", pages)
        return DecodedText("text/plain", data.decode())

    def close(self) -> None:
        """Nothing to end."""


def encoder(image: ColourNamer | None = None, *, keep_taken: bool = True) -> QuestionEncoder:
    bucket = DictBucket()
    bucket.put(ObjectRef("questions", "red.png"), RED)
    return QuestionEncoder(
        text=WordCounter(),
        image=image or ColourNamer(),
        bucket=bucket,
        decoder=ByContent(),
        buckets=("media", "questions"),
        max_object_bytes=100,
        keep_taken=keep_taken,
    )


def encode(query: QueryRequested, image: ColourNamer | None = None) -> Encoded:
    return encoder(image).encode(Asked(REPLY_TO, query, DEADLINE))


def same(vectors: Sequence[Vector], others: Sequence[Vector]) -> bool:
    return len(vectors) == len(others) and all(map(np.array_equal, vectors, others))


VECTORS = st.lists(st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3).map(np.float32), max_size=3)


@given(VECTORS, VECTORS, st.text(), st.text())
def test_an_encoded_question_survives_the_cache(text: list[Vector], image: list[Vector], words: str, seen: str) -> None:
    encoded = Encoded(text, image, words, seen)
    back = Encoded.from_bytes(encoded.to_bytes())
    assert same(back.text_vectors, text)
    assert same(back.image_vectors, image)
    assert (back.words, back.seen) == (words, seen)


def test_spaces_may_differ_in_size() -> None:
    encoded = Encoded([np.ones(3, np.float32)], [np.ones(5, np.float32), np.zeros(5, np.float32)], "w")
    back = Encoded.from_bytes(encoded.to_bytes())
    assert same(back.text_vectors, encoded.text_vectors)
    assert same(back.image_vectors, encoded.image_vectors)


def test_words_are_looked_for_in_both_spaces_and_as_words() -> None:
    encoded = encode(QueryRequested(text="a red bird"))
    assert same(encoded.text_vectors, [WordCounter().encode(["a red bird"])[0]])
    assert same(encoded.image_vectors, [ColourNamer().encode_texts(["a red bird"])[0]])
    assert (encoded.words, encoded.seen) == ("a red bird", "")


def test_a_picture_is_looked_for_by_itself_and_by_what_it_shows() -> None:
    encoded = encode(QueryRequested(image=MediaRef.inline(RED)))
    picture = ColourNamer().encode_texts(["red"])[0]
    assert same(encoded.image_vectors, [picture])
    assert same(encoded.text_vectors, [WordCounter().encode(["red"])[0], picture])
    assert (encoded.words, encoded.seen) == ("red", "red")


def test_words_and_a_picture_are_looked_for_together() -> None:
    encoded = encode(QueryRequested(text="where does it live?", image=MediaRef.inline(RED)))
    assert encoded.words == "where does it live? red"


def test_a_picture_is_not_compared_with_texts_of_another_space() -> None:
    encoded = encode(QueryRequested(image=MediaRef.inline(RED)), ColourNamer(text_space=None))
    assert len(encoded.text_vectors) == 1


def test_of_a_picture_that_moves_the_frame_in_the_middle_is_looked_for() -> None:
    assert encode(QueryRequested(image=MediaRef.inline(MOVING))).seen == "green"


def test_of_a_picture_with_pages_the_first_is_looked_for() -> None:
    assert encode(QueryRequested(image=MediaRef.inline(SCAN))).seen == "blue"


def test_a_picture_may_wait_in_a_bucket() -> None:
    assert encode(QueryRequested(image=MediaRef(bucket="questions", key="red.png"))).seen == "red"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        pytest.param(QueryRequested(audio=MediaRef.inline(b"beep")), BadQuestion, id="a sound"),
        pytest.param(QueryRequested(image=MediaRef.inline(TEXT)), BadQuestion, id="a text for a picture"),
        pytest.param(QueryRequested(image=MediaRef.inline(CLIP)), BadQuestion, id="a video for a picture"),
        pytest.param(QueryRequested(image=MediaRef(bucket="secret", key="a")), BadQuestion, id="a foreign bucket"),
        pytest.param(QueryRequested(image=MediaRef(bucket="media", key="a")), ObjectGone, id="a missing object"),
    ],
)
def test_a_question_that_cannot_be_encoded_says_why(query: QueryRequested, error: type[Exception]) -> None:
    with pytest.raises(error):
        encode(query)


@pytest.mark.parametrize(
    "filters",
    [
        QueryFilters(taken_after=DEADLINE),
        QueryFilters(taken_before=DEADLINE),
        QueryFilters(near=Near(latitude=0, longitude=0, km=1)),
    ],
)
def test_time_and_place_of_pictures_may_not_be_asked_for_where_they_are_not_kept(filters: QueryFilters) -> None:
    question = Asked(REPLY_TO, QueryRequested(text="the harbour", filters=filters), DEADLINE)
    with pytest.raises(BadQuestion, match=r"keeps no time and place of pictures \(setting read_exif\)"):
        encoder(keep_taken=False).encode(question)
    assert encoder().encode(question).words == "the harbour"


def test_other_filters_may_be_asked_with_where_no_time_is_kept() -> None:
    query = QueryRequested(text="the harbour", filters=QueryFilters(modality=["image"], prefix="trip/"))
    assert encoder(keep_taken=False).encode(Asked(REPLY_TO, query, DEADLINE)).words == "the harbour"


def test_a_picture_in_the_bucket_may_not_be_too_large() -> None:
    large = encoder()
    assert isinstance(large.bucket, DictBucket)
    large.bucket.put(ObjectRef("media", "large"), b"x" * 101)
    query = QueryRequested(image=MediaRef(bucket="media", key="large"))
    with pytest.raises(MediaTooLarge):
        large.encode(Asked(REPLY_TO, query, DEADLINE))


def test_a_question_waits_in_the_cache_until_a_little_after_its_deadline() -> None:
    now = 0.0
    questions = Questions(DictCache(lambda: now))
    asked = Asked(REPLY_TO, QueryRequested(text="what?"), datetime.now(UTC) + timedelta(seconds=300))
    questions.put(asked)
    now = 300 + MARGIN_S - 5
    assert questions.get("1") == asked
    now = 300 + MARGIN_S + 5
    with pytest.raises(WorkLost):
        questions.get("1")


def test_what_the_cache_has_lost_is_lost_work() -> None:
    now = 0.0
    encoded = EncodedQuestions(DictCache(lambda: now))
    encoded.put("1", Encoded([np.ones(3, np.float32)], [], "w"))
    assert encoded.get("1").words == "w"
    now = KEPT_S
    with pytest.raises(WorkLost):
        encoded.get("1")
