"""The segment of a shot joins what is seen, read, said and heard in it, with its seconds and its key frame."""

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.models import ColourNamer, LoudnessNamer, Stenographer, WordCounter
from fakes.reader import Prompted

from tests.recordings import noise, silence
from workers.domain.decoded import Pixels
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.recording import Samples
from workers.domain.segment import Segment, segment_id
from workers.domain.video import Shot, SoundPiece, Video
from workers.errors import DamagedMedia, EmptyMedia
from workers.ingest.embed import Embedder
from workers.ingest.erase import Eraser
from workers.ingest.listen import Listener
from workers.ingest.read import PictureReader
from workers.ingest.segment import Segmented
from workers.ingest.segment_video import video_segments
from workers.ingest.watch import BATCH, Watched, Watcher
from workers.ports.reader import ReadLine
from workers.ports.transcriber import Utterance

REF = ObjectRef("media", "clips/zoo.mp4")
SIGN = ReadLine("Feeding at noon", (0.25, 0.5, 0.75, 0.6), 0.98)
RED, BLUE, GREY = 0, 2, None


def picture(channel: int | None, *, side: int = 16) -> Pixels:
    pixels = np.full((side, side, 3), 20, np.uint8)
    if channel is not None:
        pixels[:, :, channel] = 200
    return pixels


def shot(number: int, start_s: float, end_s: float, channel: int | None = RED) -> Shot:
    blank = channel is None
    return Shot(number, start_s, end_s, start_s + 0.5, blank, picture(channel), picture(channel, side=32))


def said(start_s: float, end_s: float, text: str = "So be it.") -> Utterance:
    return Utterance(start_s, end_s, text, "en", 0.8)


class World:
    """A watcher and the models that it works with."""

    def __init__(self, *utterances: Utterance, lines: Sequence[ReadLine] = ()) -> None:
        self.image, self.sound, self.text = ColourNamer(), LoudnessNamer(), WordCounter()
        self.transcriber, self.reader = Stenographer(utterances), Prompted(list(lines))
        cache = DictCache()
        self.cache = cache
        reading = PictureReader(
            self.reader, DictBucket(), None, cache, Eraser(cache), look_first=True, max_object_bytes=1  # type: ignore[arg-type] # it decodes nothing
        )  # fmt: skip
        self.listener, self.watcher = Listener(self.transcriber, self.sound), Watcher(self.image, reading)

    def watch(self, *parts: Shot | Samples, sound_from_s: float = 0.0, media_type: str = "video/mp4") -> Watched:
        pieces = (part if isinstance(part, Shot) else SoundPiece(sound_from_s, part) for part in parts)
        return self.watcher.watch(REF, Video(media_type, iter(pieces)), self.listener.listen)

    def segments(
        self, *parts: Shot | Samples, sound_from_s: float = 0.0, media_type: str = "video/mp4"
    ) -> tuple[Segment, ...]:
        watched = self.watch(*parts, sound_from_s=sound_from_s, media_type=media_type)
        found = video_segments(REF, watched, "image", "sound")
        (embedded,) = Embedder(self.text, self.image, self.cache).embed([Segmented(found)])
        return embedded


# Watching


def test_pictures_and_sound_are_taken_in_one_pass() -> None:
    world = World()
    watched = world.watch(shot(0, 0, 5), noise(10), shot(1, 5, 12, BLUE), noise(4))
    assert [each.tags[0].name for each in watched.shots] == ["red", "blue"]
    assert world.transcriber.seconds == 14
    assert [(each.start_s, each.end_s) for each in watched.heard.sounds] == [(0, 10), (10, 14)]


def test_pictures_are_encoded_in_batches_and_not_kept() -> None:
    world, most = World(), 0

    def shots() -> Iterator[Shot]:
        nonlocal most
        for number in range(3 * BATCH):
            most = max(most, number - world.image.seen)
            yield shot(number, number, number + 1)

    watched = world.watcher.watch(REF, Video("video/mp4", shots()), world.listener.listen)
    assert world.image.seen == len(watched.shots) == 3 * BATCH
    assert most < BATCH


def test_the_larger_picture_of_a_shot_is_let_go_once_it_was_read() -> None:
    world = World()
    sent: list[weakref.ref[Pixels]] = []

    def shots() -> Iterator[Shot]:
        for number in range(BATCH - 1):
            assert all(each() is None for each in sent[:-1])
            larger = picture(RED, side=32)
            sent.append(weakref.ref(larger))
            yield replace(shot(number, number, number + 1), pixels=larger[:16, :16], to_read=larger)
            del larger

    world.watcher.watch(REF, Video("video/mp4", shots()), world.listener.listen)
    assert len(sent) == BATCH - 1


def test_a_video_without_sound_needs_no_model_of_speech() -> None:
    world = World(said(0, 1))
    assert world.watch(shot(0, 0, 5)).heard.utterances == ()


def test_the_words_in_a_key_frame_are_read_in_the_larger_picture() -> None:
    world = World(lines=[SIGN])
    (seen,) = world.watch(shot(0, 0, 5)).shots
    assert seen.written == ("Feeding at noon",)
    assert world.reader.read_sizes == [(32, 32)]


def test_what_stands_still_is_read_once() -> None:
    world = World(lines=[SIGN])
    watched = world.watch(shot(0, 0, 20), shot(0, 20, 40), shot(0, 40, 50, BLUE), shot(1, 50, 60, BLUE))
    assert [each.written for each in watched.shots] == [("Feeding at noon",)] * 4
    assert len(world.reader.read_sizes) == 2


def test_a_blank_key_frame_is_neither_read_nor_encoded() -> None:
    world = World(lines=[SIGN])
    (seen,) = world.watch(shot(0, 0, 5, GREY)).shots
    assert (seen.vector, seen.tags, seen.written) == (None, (), ())
    assert (world.image.seen, world.reader.read_sizes) == (0, [])


def test_an_error_in_the_middle_goes_through() -> None:
    def broken() -> Iterator[Shot | SoundPiece]:
        yield SoundPiece(0.0, noise(10))
        raise DamagedMedia("no more")

    world = World()
    with pytest.raises(DamagedMedia, match="no more"):
        world.watcher.watch(REF, Video("video/mp4", broken()), world.listener.listen)


def test_who_watches_the_same_video_again_does_not_read_it_again() -> None:
    world = World(lines=[SIGN])
    first, again = world.watch(shot(0, 0, 5)), world.watch(shot(0, 0, 5))
    assert first.shots[0].written == again.shots[0].written == ("Feeding at noon",)
    assert len(world.reader.read_sizes) == 1


def test_what_was_read_in_a_video_is_erased_with_it() -> None:
    world = World(lines=[SIGN])
    world.watch(shot(0, 0, 5))
    assert Eraser(world.cache).erase(REF, 1).embeddings == 1


def test_how_far_one_is_is_told_after_every_shot() -> None:
    world, passed = World(), list[float]()
    video = Video("video/mp4", iter([shot(0, 0, 5), shot(1, 5, 12)]))
    world.watcher.watch(REF, video, world.listener.listen, passed=passed.append)
    assert passed == [5, 12]


# Segments


def test_a_segment_joins_what_is_seen_said_heard_and_written() -> None:
    world = World(said(1, 2.5, "The panda eats."), lines=[SIGN])
    (segment,) = world.segments(shot(0, 0, 12), noise(12))
    assert segment.modality == "video"
    assert segment.locator == Locator(start_s=0, end_s=12, frame_s=0.5)
    assert segment.text == "Video of: red; sound of bang\n\nThe panda eats.\n\nFeeding at noon"
    assert not segment.derived
    assert set(segment.vectors) == {"image", "sound", "text"}
    assert all(np.linalg.norm(vector) == pytest.approx(1) for vector in segment.vectors.values())


def test_what_only_models_tell_of_a_shot_is_derived_and_no_passage() -> None:
    (segment,) = World().segments(shot(0, 0, 12))
    assert (segment.text, segment.derived) == ("Video of: red", True)
    assert set(segment.vectors) == {"image"}


def test_a_picture_that_moves_is_called_an_animation() -> None:
    world = World(lines=[SIGN])
    (segment,) = world.segments(shot(0, 0, 2), media_type="image/gif")
    assert (segment.text, segment.modality) == ("Animation of: red\n\nFeeding at noon", "video")
    assert (segment.locator, segment.derived) == (Locator(start_s=0, end_s=2, frame_s=0.5), False)


def test_a_sentence_belongs_to_the_shot_in_which_most_of_it_is_said() -> None:
    world = World(said(0.5, 2, "One."), said(2.5, 3.4, "Two."), said(2.8, 5, "Three."), said(8, 9, "Four."))
    found = world.segments(shot(0, 0, 3), shot(1, 3, 6, BLUE), shot(2, 6, 10), silence(10))
    assert [each.text.partition("\n\n")[2] for each in found] == ["One. Two.", "Three.", "Four."]


def test_what_is_said_after_the_last_picture_belongs_to_the_last_shot() -> None:
    found = World(said(1, 2), said(7, 9, "The end.")).segments(shot(0, 0, 3), shot(1, 3, 5), silence(10))
    assert found[-1].text.endswith("The end.")
    assert (found[-1].locator.start_s, found[-1].locator.end_s) == (3, 9)


def test_what_is_said_for_long_after_the_only_picture_comes_in_pieces() -> None:
    sentences = [said(4 * n, 4 * n + 3, f"Sentence {n}.") for n in range(15)]
    found = World(*sentences).segments(shot(0, 0, 0.04), silence(60))
    spans = [(each.locator.start_s, each.locator.end_s) for each in found]
    assert spans == [(0, 20), (20, 40), (40, 59)]
    assert [each.text.count("Sentence") for each in found] == [5, 5, 5]
    assert len({each.id for each in found}) == 3
    assert len({each.parent for each in found}) == 1


def test_a_sound_after_the_last_picture_is_found() -> None:
    found = World().segments(shot(0, 0, 5), noise(30))
    assert [each.text for each in found] == ["Video of: red; sound of bang", "Video of: sound of bang"]
    assert found[-1].locator.end_s == 30


def test_sound_that_begins_later_is_heard_later() -> None:
    found = World(said(0.5, 1.5, "Late.")).segments(shot(0, 0, 4), shot(1, 4, 8), silence(4), sound_from_s=4.0)
    assert [each.text.endswith("Late.") for each in found] == [False, True]


def test_a_sound_belongs_to_every_shot_that_it_reaches_into() -> None:
    found = World().segments(shot(0, 0, 6), shot(1, 6, 15), noise(10, level=0.001), noise(5))
    assert found[0].text == "Video of: red; sound of hum"
    assert found[1].text == "Video of: red; sound of bang, hum"


def test_speech_that_is_told_is_no_sound_beside() -> None:
    world = World(said(1, 2.5, "The panda eats."))
    world.sound.speech = True
    (segment,) = world.segments(shot(0, 0, 10), noise(10))
    assert segment.text == "Video of: red\n\nThe panda eats."


def test_the_pieces_of_a_shot_have_one_parent_and_an_order() -> None:
    found = World().segments(shot(0, 0, 20), shot(0, 20, 27), shot(1, 27, 30))
    assert found[0].parent == found[1].parent != found[2].parent
    assert [each.ordinal for each in found] == [0, 1, 2]


def test_the_id_of_a_segment_is_that_of_its_span() -> None:
    (segment,) = World().segments(shot(0, 0, 12))
    assert segment.id == segment_id(REF, "video", Locator(start_s=0, end_s=12))


def test_a_shot_in_which_there_is_nothing_is_left_out() -> None:
    found = World().segments(shot(0, 0, 5), shot(1, 5, 7, GREY), shot(2, 7, 9))
    assert [each.locator.start_s for each in found] == [0, 7]


def test_a_video_of_nothing_is_empty() -> None:
    with pytest.raises(EmptyMedia, match=r"nothing is seen or heard in clips/zoo\.mp4"):
        World().segments(shot(0, 0, 5, GREY), silence(5))
