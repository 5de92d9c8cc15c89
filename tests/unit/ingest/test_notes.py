"""What was heard in a recording is kept from block to block, so that nobody listens to it twice."""

from collections.abc import Iterator

import pytest
from fakes.cache import DictCache
from fakes.models import LoudnessNamer, Stenographer

from tests.recordings import noise, silence
from workers.domain.media import ObjectRef
from workers.domain.recording import SAMPLE_RATE, Recording, Samples
from workers.errors import ServiceUnavailable
from workers.ingest.erase import Eraser
from workers.ingest.listen import Heard, Listener
from workers.ingest.notes import NoteBook, Notes, kept_under

REF = ObjectRef("media", "talks/opening.mp3")
KEY = kept_under(["whisper 1", "yamnet 1"], "abc")
LEVELS = (0.01, 0.05, 0.2, 0.02, 0.3, 0.1)
"""Of the recording's stretches, of 12 seconds each."""


class Killed(BaseException):
    """Nobody catches it, as nobody catches SIGKILL."""


def recording() -> Iterator[Samples]:
    for level in LEVELS:
        for _ in range(2):
            yield noise(6, level=level)
    yield noise(3, level=0.5)


def listener() -> tuple[Stenographer, LoudnessNamer, Listener]:
    transcriber, sound = Stenographer(stretch_s=12), LoudnessNamer()
    return transcriber, sound, Listener(transcriber, sound)


def listen(each: Listener, notes: Notes | None = None, **told: object) -> Heard:
    return each.listen(Recording("audio/mpeg", recording()), notes or Notes(), **told)  # type: ignore[arg-type]


def same(one: Heard, other: Heard) -> bool:
    return one.utterances == other.utterances and sounds(one) == sounds(other)


def sounds(heard: Heard) -> list[object]:
    return [(each.start_s, each.end_s, each.reading.tags, list(each.reading.vector)) for each in heard.sounds]


def book(cache: DictCache) -> NoteBook:
    return NoteBook(cache, Eraser(cache))


def until(count: int, notebook: NoteBook) -> None:
    """Listen until so many stretches are noted, and be killed then."""
    left = [count]

    def noted(notes: Notes) -> None:
        notebook.write(REF, KEY, notes)
        left[0] -= 1
        if not left[0]:
            raise Killed

    with pytest.raises(Killed):
        listen(listener()[2], noted=noted)


@pytest.mark.parametrize("count", range(1, len(LEVELS) + 2))
def test_who_goes_on_from_notes_hears_the_same_as_who_hears_it_all(count: int) -> None:
    notebook = book(DictCache())
    until(count, notebook)
    transcriber, sound, again = listener()
    assert same(listen(again, notebook.read(KEY)), listen(listener()[2]))
    whole = len(LEVELS) * 12 + 3
    assert transcriber.seconds == max(0, whole - 12 * count)
    assert sum(sound.heard) <= (whole - 12 * count + 10) * SAMPLE_RATE


def test_a_recording_that_comes_again_is_not_listened_to_again() -> None:
    notebook = book(DictCache())
    first = listen(listener()[2], noted=lambda notes: notebook.write(REF, KEY, notes))
    transcriber, sound, again = listener()
    assert same(listen(again, notebook.read(KEY)), first)
    assert (transcriber.seconds, sound.heard) == (0, [])


def test_silence_and_nothing_said_are_noted_as_well() -> None:
    notes: list[Notes] = []
    Listener(Stenographer(), LoudnessNamer()).listen(Recording("audio/mpeg", iter([silence(20)])), noted=notes.append)
    assert [(each.spoken, each.sounded, each.sounds) for each in notes] == [(20 * SAMPLE_RATE, 20 * SAMPLE_RATE, ())]


def test_other_models_or_another_content_have_notes_of_their_own() -> None:
    notebook = book(DictCache())
    until(2, notebook)
    assert notebook.read(kept_under(["whisper 2", "yamnet 1"], "abc")) == Notes()
    assert notebook.read(kept_under(["whisper 1", "yamnet 1"], "abd")) == Notes()


def test_notes_are_erased_with_their_object() -> None:
    cache = DictCache()
    until(2, book(cache))
    assert book(cache).read(KEY) != Notes()
    assert Eraser(cache).erase(REF, segments=0).embeddings == 1
    assert book(cache).read(KEY) == Notes()


@pytest.mark.parametrize("value", [b"", b"{}\n", b"[]", b'{"at": [1]}\n', b"\xff\n\xff"])
def test_notes_that_nobody_can_read_are_none(value: bytes) -> None:
    cache = DictCache()
    cache.put_many({KEY: value}, ttl_s=60)
    assert book(cache).read(KEY) == Notes()


def test_a_cache_that_is_away_costs_the_notes_and_nothing_else() -> None:
    class Away(DictCache):
        def get_many(self, *_: object, **__: object) -> list[bytes | None]:
            raise ServiceUnavailable("nobody answers")

        relate = put_many = get_many  # type: ignore[assignment]

    notebook = book(Away())
    assert notebook.read(KEY) == Notes()
    listen(listener()[2], notebook.read(KEY), noted=lambda notes: notebook.write(REF, KEY, notes))


def test_the_seconds_are_told_after_every_chunk_and_what_that_raises_ends_it() -> None:
    told: list[float] = []

    def passed(seconds: float) -> None:
        told.append(seconds)
        if seconds > 20:
            raise ServiceUnavailable("enough")

    with pytest.raises(ServiceUnavailable, match="enough"):
        listen(listener()[2], passed=passed)
    assert told == [6, 12, 18, 24]


def test_what_need_not_be_heard_again_counts_as_passed() -> None:
    told: list[float] = []
    listen(listener()[2], Notes(spoken=24 * SAMPLE_RATE, sounded=20 * SAMPLE_RATE), passed=told.append)
    assert told == [24, 24, 24, 24, *range(30, 73, 6), 75]
