"""Reading: the words in a picture become segments with boxes, and the same content is read once."""

import numpy as np
import pytest
from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.reader import Prompted

from workers.domain.decoded import Decoded, DecodedImage
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Segment
from workers.errors import DamagedMedia, ModelUnavailable
from workers.ingest.erase import Eraser
from workers.ingest.read import PictureReader
from workers.ingest.segment import segments_of
from workers.ports.reader import ReadLine

REF = ObjectRef("media", "signs/pier.jpg")
SIGN = ReadLine("No swimming", (0.25, 0.5, 0.75, 0.6), 0.98)


class Twice:
    """A decoder whose picture to read is twice as large, or that has `error` to say instead. `shade` of the picture."""

    error: DamagedMedia | None = None
    shade = 0

    def decode(self, data: bytes, *, key: str, to_read: bool = False, page: int | None = None) -> Decoded:
        del key, page
        assert data == b"original"
        if self.error is not None:
            raise self.error
        width, height = (80, 60) if to_read else (40, 30)
        pixels = np.full((height, width, 3), self.shade, dtype=np.uint8)
        return DecodedImage("image/jpeg", pixels, 160, 120)

    def close(self) -> None:
        """Nothing to end."""


class World:
    """A reader of pictures and what it works with; the object is in the bucket."""

    def __init__(self) -> None:
        self.reader = Prompted([SIGN])
        self.bucket, self.decoder, self.cache = DictBucket(), Twice(), DictCache()
        self.bucket.put(REF, b"original")

    def segments(self, image: DecodedImage, *, look_first: bool = True, ref: ObjectRef = REF) -> tuple[Segment, ...]:
        eraser = Eraser(self.cache)
        reader = PictureReader(self.reader, self.bucket, self.decoder, self.cache, eraser, look_first, 1000)
        (whole,) = segments_of(ref, image, splitter=None).segments  # type: ignore[arg-type] - a picture is not split
        return reader.segments(ref, whole, image)


def picture(width: int = 40, height: int = 30, of: tuple[int, int] | None = None) -> DecodedImage:
    return DecodedImage("image/jpeg", np.zeros((height, width, 3), dtype=np.uint8), *(of or (width, height)))


@pytest.fixture
def world() -> World:
    return World()


def test_the_words_in_a_picture_are_a_text_segment_with_a_box_that_the_author_wrote(world: World) -> None:
    (segment,) = world.segments(picture())
    assert (segment.text, segment.modality, segment.ordinal) == ("No swimming", "text", 1)
    assert segment.locator == Locator(box=SIGN.box)
    assert not segment.derived


def test_a_picture_that_was_scaled_down_is_read_at_a_larger_size(world: World) -> None:
    world.segments(picture(of=(160, 120)))
    assert world.reader.read_sizes == [(80, 60)]


def test_a_picture_that_is_small_already_is_read_as_it_is(world: World) -> None:
    world.segments(picture())
    assert world.reader.read_sizes == [(40, 30)]


def test_a_picture_without_a_sign_of_text_is_not_read(world: World) -> None:
    world.reader.likely = False
    assert world.segments(picture()) == ()
    assert world.reader.read_sizes == []
    assert len(world.segments(picture(), look_first=False)) == 1


def test_the_same_picture_is_read_once(world: World) -> None:
    again = ObjectRef("media", "copy.jpg")
    first, second = world.segments(picture()), world.segments(picture(), ref=again)
    assert world.reader.read_sizes == [(40, 30)]
    assert [(s.text, s.locator) for s in first] == [(s.text, s.locator) for s in second]
    assert first[0].id != second[0].id


def test_what_another_model_has_read_is_not_taken(world: World) -> None:
    world.segments(picture())
    world.reader.model = "prompted 2"
    world.segments(picture())
    assert len(world.reader.read_sizes) == 2


def test_a_larger_original_of_the_same_small_picture_is_read_anew(world: World) -> None:
    world.segments(picture())
    world.segments(picture(of=(160, 120)))
    assert world.reader.read_sizes == [(40, 30), (80, 60)]


def test_what_was_read_is_erased_with_the_object(world: World) -> None:
    world.segments(picture())
    assert Eraser(world.cache).erase(REF, 2).embeddings == 1
    world.segments(picture())
    assert len(world.reader.read_sizes) == 2


def test_of_two_objects_with_the_same_picture_each_takes_what_was_read_with_it(world: World) -> None:
    again = ObjectRef("media", "copy.jpg")
    world.segments(picture())
    world.segments(picture(), ref=again)
    assert Eraser(world.cache).erase(again, 2).embeddings == 1


def test_boxes_are_parts_of_the_whole_picture_also_where_its_edges_are_transparent(world: World) -> None:
    pixels = np.zeros((30, 40, 3), dtype=np.uint8)
    (segment,) = world.segments(DecodedImage("image/png", pixels, 80, 60, visible=(0.5, 0.0, 1.0, 0.5)))
    assert segment.locator.box == (0.625, 0.25, 0.875, 0.3)
    assert world.reader.read_sizes == [(40, 30)]


def test_a_larger_picture_that_cannot_be_had_leaves_the_small_one_to_be_read(world: World) -> None:
    world.decoder.error = DamagedMedia("too much")
    assert len(world.segments(picture(of=(160, 120)))) == 1
    world.bucket.objects.clear()
    world.reader.model = "prompted 2"
    assert len(world.segments(picture(of=(160, 120)))) == 1
    assert world.reader.read_sizes == [(40, 30), (40, 30)]


def test_what_was_read_of_another_picture_is_not_kept_for_this_one(world: World) -> None:
    world.decoder.shade = 1
    world.segments(picture(of=(160, 120)))
    world.decoder.shade = 0
    world.segments(picture(of=(160, 120)))
    assert world.reader.read_sizes == [(40, 30), (80, 60)]


def test_models_that_are_not_there_are_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: object) -> list[ReadLine]:
        raise ModelUnavailable("no models")

    monkeypatch.setattr(world.reader, "read", away)
    with pytest.raises(ModelUnavailable):
        world.segments(picture())
