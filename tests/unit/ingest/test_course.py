"""The course of heavy work: told every few seconds, and over when its object is gone."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.models import ColourNamer, LoudnessNamer, Stenographer
from fakes.publisher import RecordingPublisher

from schemas.index_events import MediaProgressed
from tests.recordings import noise
from workers.domain.change import Change
from workers.domain.media import ObjectInfo, ObjectRef
from workers.domain.recording import Recording
from workers.domain.video import Shot, SoundPiece, Video
from workers.errors import ServiceUnavailable
from workers.ingest.announce import Announcer
from workers.ingest.course import EVERY_S, Course, Hearing, shown_under
from workers.ingest.erase import Eraser
from workers.ingest.listen import Listener
from workers.ingest.look import ObjectChanged, look
from workers.ingest.notes import NoteBook
from workers.ingest.watch import Watcher

REF = ObjectRef("media", "talks/opening.mp3")


class World:
    """An object in the bucket that is being worked on, and the clock in the test's hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.bucket = DictBucket()
        self.bucket.put(REF, b"a talk")
        self.publisher = RecordingPublisher()
        self.cache = DictCache()
        self.announcer = Announcer(self.publisher)  # type: ignore[arg-type] - the same methods
        info = self.bucket.stat(REF)
        assert info is not None
        change = Change(REF, info.etag, "0F", removed=False, at=datetime.now(UTC))
        self.sight = look(self.bucket, change, None)
        self.course = Course(self.sight, self.bucket, self.announcer, self.cache, lambda: self.now)

    def told(self) -> list[tuple[str, float | None]]:
        sent = self.publisher.on("rag.index-events")
        events = [MediaProgressed.model_validate_json(each.value or b"") for each in sent]
        return [(event.stage, event.fraction) for event in events]


@pytest.fixture
def world() -> World:
    return World()


def test_progress_is_told_at_once_and_then_every_few_seconds(world: World) -> None:
    for tenth in range(61):
        world.now = tenth / 10
        world.course.reached("listen", tenth / 100)
    assert EVERY_S == 3
    assert world.told() == [("listen", 0.0), ("listen", 0.3), ("listen", 0.6)]


def test_what_was_told_last_can_be_looked_up(world: World) -> None:
    world.course.reached("listen", 0.256)
    assert world.cache.get_many([shown_under(REF)]) == [b'{"stage": "listen", "fraction": 0.256}']


def test_nobody_is_told_of_more_than_there_is(world: World) -> None:
    world.course.reached("listen", 7.0)
    world.now = EVERY_S
    world.course.reached("listen", None)
    assert world.told() == [("listen", 0.99), ("listen", None)]


def test_work_on_an_object_that_was_removed_or_replaced_ends(world: World) -> None:
    world.course.reached("listen", 0.1)
    world.bucket.put(REF, b"another talk")
    world.course.reached("listen", 0.1)
    world.now = EVERY_S
    with pytest.raises(ObjectChanged):
        world.course.reached("listen", 0.2)
    del world.bucket.objects[REF]
    world.now = 2 * EVERY_S
    with pytest.raises(ObjectChanged):
        world.course.reached("listen", 0.2)


def test_a_bucket_or_a_bus_that_is_away_does_not_end_the_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: ObjectRef) -> ObjectInfo | None:
        raise ServiceUnavailable("nobody answers")

    monkeypatch.setattr(world.bucket, "stat", away)
    world.publisher.away = True
    world.course.reached("listen", 0.1)


def test_a_recording_is_told_of_while_it_is_heard_and_its_notes_are_kept(world: World) -> None:
    transcriber = Stenographer(stretch_s=10)
    notebook = NoteBook(world.cache, Eraser(world.cache))

    def clock() -> float:
        world.now += 1
        return world.now

    listener, watcher = Listener(transcriber, LoudnessNamer()), Watcher(ColourNamer(), None)
    hearing = Hearing(listener, watcher, notebook, world.bucket, world.announcer, world.cache, clock)

    def recording() -> Recording:
        return Recording("audio/mpeg", iter([noise(10) for _ in range(6)]), declared_s=80)

    first = hearing.hear(world.sight, recording(), "a talk")
    fractions = [fraction for _, fraction in world.told()]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.125
    assert len(fractions) > 1
    assert hearing.hear(world.sight, recording(), "a talk").utterances == first.utterances
    assert transcriber.seconds == 60


def test_a_video_is_told_of_while_it_is_watched_and_the_notes_of_its_sound_are_kept(world: World) -> None:
    transcriber = Stenographer(stretch_s=10)
    listener, watcher = Listener(transcriber, LoudnessNamer()), Watcher(ColourNamer(), None)
    notebook = NoteBook(world.cache, Eraser(world.cache))
    hearing = Hearing(listener, watcher, notebook, world.bucket, world.announcer, world.cache, lambda: world.now)
    pixels = np.full((8, 8, 3), 90, np.uint8)

    def parts() -> Iterator[Shot | SoundPiece]:
        for number in range(6):
            world.now += EVERY_S
            yield Shot(number, 10.0 * number, 10.0 * number + 10, 10.0 * number, False, pixels, pixels)
            yield SoundPiece(0.0, noise(10))

    first = hearing.watch(world.sight, Video("video/mp4", parts(), 80), b"a film")
    assert [stage for stage, _ in world.told()] == ["watch"] * 6
    assert world.told()[0] == ("watch", 0.125)
    assert len(first.shots) == 6
    again = hearing.watch(world.sight, Video("video/mp4", parts(), 80), b"a film")
    assert len(again.heard.sounds) == len(first.heard.sounds) == 6
    assert transcriber.seconds == 60
