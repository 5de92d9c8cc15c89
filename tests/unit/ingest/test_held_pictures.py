"""Pictures are held in memory from decoding to embedding, and no more of them at a time than fit."""

import gc
import weakref
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.models import ColourNamer, WordCounter
from fakes.publisher import RecordingPublisher

from workers.adapters.index.lance import LanceIndex
from workers.domain.change import Change, Status
from workers.domain.decoded import Decoded, DecodedDocument, Page, PagePicture
from workers.domain.media import ObjectRef
from workers.errors import DamagedMedia
from workers.ingest import flow
from workers.ingest.announce import Announcer
from workers.ingest.embed import Embedder
from workers.ingest.erase import Eraser
from workers.ingest.flow import IngestParts, index_changes

PAGES, PAGE_BYTES = 4, 3 * 30 * 40


class Albums:
    """A decoder to which every object is a document of four pages; `held` has how many were alive at each decoding."""

    def __init__(self) -> None:
        self.held: list[int] = []
        self._alive: list[weakref.ref[Any]] = []

    def is_heavy(self, data: bytes) -> bool:
        return data == b"heavy"

    def decode(self, data: bytes, *, key: str, to_read: bool = False, page: int | None = None) -> Decoded:
        del key, to_read, page
        gc.collect()
        self.held.append(sum(each() is not None for each in self._alive))
        if data == b"bad":
            raise DamagedMedia("no album")
        shade = int(data)
        pictures = [np.full((30, 40, 3), shade + number, np.uint8) for number in range(PAGES)]
        self._alive.append(weakref.ref(pictures[0]))
        pages = (Page(number + 1, (), (PagePicture(picture),)) for number, picture in enumerate(pictures))
        return DecodedDocument("application/pdf", tuple(pages))

    def close(self) -> None:
        """Nothing to end."""


def indexed(folder: Path, contents: list[bytes]) -> tuple[Albums, ColourNamer, list[Status]]:
    """What decoder and encoder saw of a batch of objects, and what became of each."""
    bucket, decoder, pictures, cache = DictBucket(), Albums(), ColourNamer(), DictCache()
    refs = [ObjectRef("media", f"{number}.pdf") for number in range(len(contents))]
    for ref, content in zip(refs, contents, strict=True):
        bucket.put(ref, content)
    words = WordCounter()
    parts = IngestParts(
        bucket=bucket,
        index=LanceIndex(folder, [words.space, pictures.space]),
        decoder=decoder,
        hearing=None,
        sound_space="none",
        splitter=None,  # type: ignore[arg-type] - albums have no text
        reader=None,
        embedder=Embedder(words, pictures, cache),
        eraser=Eraser(cache),
        announcer=Announcer(RecordingPublisher()),  # type: ignore[arg-type] - in its shape
        max_object_bytes=10_000_000,
    )
    changes = [Change(ref, "", "", removed=False, at=datetime.now(UTC)) for ref in refs]
    return decoder, pictures, [outcome.status for outcome in index_changes(parts, changes)]


def test_a_batch_that_fits_goes_to_the_encoder_in_one(tmp_path: Path) -> None:
    decoder, _, outcomes = indexed(tmp_path, [b"10", b"20", b"30", b"40"])
    assert decoder.held == [0, 1, 2, 3]
    assert outcomes == [Status.INDEXED] * 4


def test_documents_are_embedded_and_let_go_before_more_are_decoded_than_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "HELD_BYTES", 2 * PAGES * PAGE_BYTES)
    decoder, pictures, outcomes = indexed(tmp_path, [b"10", b"20", b"30", b"40", b"50"])
    assert decoder.held == [0, 1, 0, 1, 0]
    assert pictures.seen == 5 * PAGES
    assert outcomes == [Status.INDEXED] * 5


def test_one_that_cannot_be_decoded_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "HELD_BYTES", 1)
    decoder, _, outcomes = indexed(tmp_path, [b"10", b"bad", b"30"])
    assert decoder.held == [0, 0, 0]
    assert outcomes == [Status.INDEXED, Status.REJECTED, Status.INDEXED]
