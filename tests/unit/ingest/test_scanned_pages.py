"""Reading pages without text: their words become segments with page and box, in the order of the document."""

import numpy as np
import pytest
from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.reader import Prompted

from workers.domain.decoded import Decoded, DecodedDocument, DecodedImage, DecodedText, Line, Page, PagePicture, Pixels
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Segment, parent_id
from workers.errors import NoSuchPlace
from workers.ingest.erase import Eraser
from workers.ingest.read import PictureReader
from workers.ingest.segment import segments_of
from workers.ports.reader import ReadLine

REF = ObjectRef("media", "deeds.pdf")
LINE = ReadLine("The mill was sold in 1871", (0.1, 0.2, 0.9, 0.25), 0.97)


class Lines:
    """A splitter that leaves every text in one piece."""

    def split(self, text: DecodedText) -> list[tuple[int, int]]:
        return [(0, len(text.text))]


def grey(shade: int, size: tuple[int, int] = (8, 6)) -> Pixels:
    return np.full((*size, 3), shade, np.uint8)


class Scanner:
    """A decoder of documents of three pages, whose pages to be read are ten times as large."""

    def __init__(self) -> None:
        self.shades = {2: 20, 3: 30}
        self.asked: list[tuple[int | None, bool]] = []

    def decode(self, data: bytes, *, key: str, to_read: bool = False, page: int | None = None) -> Decoded:
        del data, key
        self.asked.append((page, to_read))
        if page not in self.shades:
            raise NoSuchPlace("no such page")
        return DecodedImage("application/pdf", grey(self.shades[page], (80, 60) if to_read else (8, 6)), 60, 80)

    def close(self) -> None:
        """Nothing to end."""


class World:
    """A reader and what it works with; the document is in the bucket."""

    def __init__(self) -> None:
        self.reader, self.decoder, self.cache = Prompted([LINE]), Scanner(), DictCache()
        self.bucket = DictBucket()
        self.bucket.put(REF, b"original")

    def segments(self, document: DecodedDocument) -> tuple[Segment, ...]:
        reader = PictureReader(
            self.reader, self.bucket, self.decoder, self.cache, Eraser(self.cache), look_first=True, max_object_bytes=99
        )
        return reader.with_scanned_pages(REF, segments_of(REF, document, Lines()).segments, document)


@pytest.fixture
def world() -> World:
    return World()


PRINTED = Page(
    1, (Line("A deed.", (0.1, 0.1, 0.5, 0.12)),), (PagePicture(grey(10)), PagePicture(grey(11), (0, 0, 1, 0.5)))
)
SCANNED = Page(2, (), (PagePicture(grey(20)), PagePicture(grey(21), (0, 0, 1, 0.5))))
DEED = DecodedDocument("application/pdf", (PRINTED, SCANNED))


def test_the_words_of_a_scanned_page_are_text_with_page_and_box(world: World) -> None:
    found = [segment for segment in world.segments(DEED) if segment.text == LINE.text]
    assert [(s.modality, s.locator, s.derived) for s in found] == [("text", Locator(page=2, box=LINE.box), False)]
    assert world.reader.read_sizes == [(60, 80)]


def test_they_stand_after_the_picture_of_their_page_and_all_are_numbered(world: World) -> None:
    found = world.segments(DEED)
    assert [(s.modality, s.locator.page, s.locator.box is None) for s in found] == [
        ("text", 1, False),
        ("image", 1, True),
        ("image", 1, False),
        ("image", 2, True),
        ("text", 2, False),
        ("image", 2, False),
    ]
    assert [s.ordinal for s in found] == list(range(6))
    assert len({s.id for s in found}) == 6
    assert [s.parent == parent_id(REF, "page 2") for s in found] == [False] * 3 + [True] * 3


def test_pages_with_text_are_not_read(world: World) -> None:
    found = world.segments(DecodedDocument("application/pdf", (PRINTED,)))
    assert len(found) == 3
    assert world.reader.read_sizes == []
    assert world.decoder.asked == []


def test_pages_without_text_are_read_though_no_look_sees_any(world: World) -> None:
    world.reader.likely = False
    assert LINE.text in {s.text for s in world.segments(DEED)}


def test_the_same_page_is_read_once(world: World) -> None:
    world.segments(DEED)
    world.segments(DEED)
    assert len(world.reader.read_sizes) == 1


def test_what_was_read_of_another_page_is_not_kept_for_this_one(world: World) -> None:
    world.decoder.shades[2] = 99
    world.segments(DEED)
    assert world.reader.read_sizes == [(6, 8)]
    world.decoder.shades[2] = 20
    world.segments(DEED)
    assert world.reader.read_sizes == [(6, 8), (60, 80)]


def test_a_page_that_is_gone_by_now_leaves_its_small_picture_to_be_read(world: World) -> None:
    world.decoder.shades.clear()
    assert LINE.text in {s.text for s in world.segments(DEED)}
    assert world.reader.read_sizes == [(6, 8)]


def test_what_was_read_of_a_page_is_erased_with_the_document(world: World) -> None:
    world.segments(DEED)
    assert Eraser(world.cache).erase(REF, 3).embeddings == 1
