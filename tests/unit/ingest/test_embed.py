"""Embedding: every segment gets its vector, and the same content is encoded once."""

from dataclasses import replace

import numpy as np
import pytest
from fakes.cache import DictCache
from fakes.models import ColourNamer, WordCounter

from workers.domain.decoded import Tag
from workers.domain.locator import Locator
from workers.domain.segment import Segment, Space
from workers.ingest.embed import KEPT_S, SURE_ENOUGH, Embedder, caption
from workers.ingest.segment import Segmented


class World:
    """An embedder and what it works with; the clock is in the test's hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.text, self.image = WordCounter(), ColourNamer()
        self.cache = DictCache(lambda: self.now)
        self.embedder = Embedder(self.text, self.image, self.cache)


@pytest.fixture
def world() -> World:
    return World()


def passage(text: str, ordinal: int = 0) -> Segment:
    return Segment(f"id of {text}", ordinal, "text", Locator(chars=(0, len(text))), text, f"hash of {text}")


def passages(*texts: str) -> Segmented:
    return Segmented(tuple(passage(text, ordinal) for ordinal, text in enumerate(texts)))


def picture(colour: int = 0, locator: Locator = Locator()) -> Segmented:  # noqa: B008 - it is frozen
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    pixels[:, :, colour] = 255
    segment = Segment(f"picture {colour}", 0, "image", locator, "", f"hash of colour {colour}")
    return Segmented((segment,), {segment.content_hash: pixels})


def test_a_passage_gets_its_vector_in_the_space_of_texts(world: World) -> None:
    ((segment,),) = world.embedder.embed([passages("one word")])
    assert list(segment.vectors) == ["text"]
    np.testing.assert_array_equal(segment.vectors["text"], WordCounter().encode(["one word"])[0])
    assert (segment.text, segment.derived) == ("one word", False)


def test_a_picture_gets_its_vector_and_a_caption_that_counts_as_derived(world: World) -> None:
    ((segment,),) = world.embedder.embed([picture(colour=2)])
    assert list(segment.vectors) == ["image"]
    assert (segment.text, segment.derived) == ("Photo of: blue", True)


def test_a_picture_that_the_classifier_is_not_sure_of_has_no_caption(world: World) -> None:
    world.image.probability = SURE_ENOUGH - 0.01
    ((segment,),) = world.embedder.embed([picture()])
    assert (segment.text, segment.derived) == ("", False)


def test_a_page_as_it_looks_is_no_photo_of_anything(world: World) -> None:
    ((page,), (figure,)) = world.embedder.embed(
        [picture(0, Locator(page=1)), picture(2, Locator(page=1, box=(0.1, 0.1, 0.5, 0.5)))]
    )
    assert (page.text, page.derived, list(page.vectors)) == ("", False, ["image"])
    assert (figure.text, figure.derived) == ("Photo of: blue", True)


@pytest.mark.parametrize(("tags", "text"), [((), ""), ((Tag("cat", SURE_ENOUGH), Tag("dog", 0.1)), "Photo of: cat")])
def test_a_caption_names_the_best_class_if_there_is_one(tags: tuple[Tag, ...], text: str) -> None:
    assert caption(tags) == text


def test_objects_of_both_kinds_keep_their_places(world: World) -> None:
    work = [passages("a", "b"), picture(), passages("c")]
    embedded = world.embedder.embed(work)
    assert [[segment.id for segment in segments] for segments in embedded] == [
        ["id of a", "id of b"],
        ["picture 0"],
        ["id of c"],
    ]
    assert all(len(segment.vectors) == 1 for segments in embedded for segment in segments)


def test_the_words_read_in_a_picture_are_encoded_as_texts_beside_it(world: World) -> None:
    shown = picture(colour=2)
    both = replace(shown, segments=(*shown.segments, passage("No swimming", 1)))
    ((whole, words),) = world.embedder.embed([both])
    assert list(whole.vectors) == ["image"]
    assert list(words.vectors) == ["text"]
    assert (words.text, words.derived) == ("No swimming", False)


def test_the_same_content_is_encoded_once_within_a_batch(world: World) -> None:
    first, second = world.embedder.embed([passages("twice"), passages("twice")])
    world.embedder.embed([picture(), picture()])
    assert world.text.encoded == ["twice"]
    assert world.image.seen == 1
    np.testing.assert_array_equal(first[0].vectors["text"], second[0].vectors["text"])


def test_the_same_content_is_encoded_once_across_batches(world: World) -> None:
    before = world.embedder.embed([passages("again", "a"), picture()])
    after = world.embedder.embed([passages("again", "b"), picture()])
    assert world.text.encoded == ["again", "a", "b"]
    assert world.image.seen == 1
    np.testing.assert_array_equal(before[0][0].vectors["text"], after[0][0].vectors["text"])
    np.testing.assert_array_equal(before[1][0].vectors["image"], after[1][0].vectors["image"])
    assert after[1][0].text == before[1][0].text == "Photo of: red"


def test_content_that_has_not_come_for_long_is_encoded_again(world: World) -> None:
    world.embedder.embed([passages("again")])
    world.now += KEPT_S
    world.embedder.embed([passages("again")])
    assert world.text.encoded == ["again", "again"]


def test_what_another_model_has_encoded_is_not_taken(world: World) -> None:
    world.embedder.embed([passages("again")])
    newer = WordCounter(Space("text", 64, "word-counter 2"))
    Embedder(newer, world.image, world.cache).embed([passages("again")])
    assert newer.encoded == ["again"]


def test_a_batch_of_nothing_asks_no_model(world: World) -> None:
    assert world.embedder.embed([]) == []
    assert world.text.encoded == []


def test_a_vector_from_the_cache_may_be_written_to(world: World) -> None:
    """Indexes normalise in place; a view of the cache's bytes would refuse that."""
    world.embedder.embed([passages("again")])
    ((segment,),) = world.embedder.embed([passages("again")])
    assert segment.vectors["text"].flags.writeable
    assert segment.vectors["text"].dtype == np.float32
