"""A recording becomes groups of sentences, and sounds where nobody speaks, each with its seconds."""

import numpy as np
import pytest
from fakes.cache import DictCache
from fakes.models import ColourNamer, LoudnessNamer, Stenographer, WordCounter

from tests.recordings import noise, silence
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.recording import SAMPLE_RATE, Recording, Samples
from workers.domain.segment import Segment
from workers.errors import DamagedMedia, EmptyMedia
from workers.ingest.embed import Embedder
from workers.ingest.listen import Heard, Listener
from workers.ingest.segment import Segmented
from workers.ingest.segment_recording import grouped, recording_segments
from workers.ports.transcriber import Utterance

REF = ObjectRef("media", "talks/opening.mp3")


def said(start_s: float, end_s: float, text: str = "So be it.") -> Utterance:
    return Utterance(start_s, end_s, text, "en", 0.8)


def heard(*chunks: Samples, utterances: tuple[Utterance, ...] = (), speech: bool = True) -> Heard:
    listener = Listener(Stenographer(utterances), LoudnessNamer(speech=speech))
    return listener.listen(Recording("audio/mpeg", iter(chunks)))


def segments(*chunks: Samples, utterances: tuple[Utterance, ...] = ()) -> tuple[Segment, ...]:
    return recording_segments(REF, heard(*chunks, utterances=utterances), "sound")


def seconds(found: list[list[Utterance]]) -> list[tuple[float, float]]:
    return [(group[0].start_s, group[-1].end_s) for group in found]


# Listening


def test_both_models_hear_the_whole_recording_in_one_pass() -> None:
    transcriber, sound = Stenographer(), LoudnessNamer()
    chunks = iter([noise(7), noise(7), noise(7.25)])
    result = Listener(transcriber, sound).listen(Recording("audio/mpeg", chunks))
    assert transcriber.seconds == 21.25
    assert sound.heard == [10 * SAMPLE_RATE, 10 * SAMPLE_RATE, 1.25 * SAMPLE_RATE]
    assert [(each.start_s, each.end_s) for each in result.sounds] == [(0, 10), (10, 20), (20, 21.25)]
    assert next(chunks, None) is None


def test_a_silent_window_is_no_sound() -> None:
    assert [each.start_s for each in heard(noise(10), silence(10), noise(10)).sounds] == [0, 20]


def test_a_rest_shorter_than_half_a_second_is_no_window_unless_it_is_all_there_is() -> None:
    assert len(heard(noise(10.3)).sounds) == 1
    assert len(heard(noise(0.3)).sounds) == 1
    assert heard().sounds == ()


def test_what_decoding_raises_ends_the_listening() -> None:
    def torn() -> object:
        yield noise(1)
        raise DamagedMedia("torn")

    with pytest.raises(DamagedMedia, match="torn"):
        Listener(Stenographer(), LoudnessNamer()).listen(Recording("audio/mpeg", torn()))  # type: ignore[arg-type]


# Groups of sentences


def test_a_group_ends_with_the_first_sentence_after_twenty_seconds() -> None:
    spoken = [said(0, 8), said(8, 16), said(16, 22), said(22, 28), said(28, 34)]
    assert seconds(list(grouped(spoken))) == [(0, 22), (22, 34)]


def test_a_group_does_not_end_within_a_sentence_before_half_a_minute() -> None:
    spoken = [said(0, 12, "It was"), said(12, 21, "and is"), said(21, 27, "a lighthouse."), said(27, 35)]
    assert seconds(list(grouped(spoken))) == [(0, 27), (27, 35)]


def test_no_group_is_longer_than_half_a_minute_unless_one_utterance_is() -> None:
    spoken = [said(start, start + 9, "and so on") for start in range(0, 90, 9)] + [said(90, 140)]
    assert [end - start for start, end in seconds(list(grouped(spoken)))] == [27, 27, 27, 9, 50]


def test_a_long_pause_begins_another_group() -> None:
    assert seconds(list(grouped([said(0, 3), said(5, 8), said(25, 28)]))) == [(0, 8), (25, 28)]


def test_nothing_said_makes_no_group() -> None:
    assert list(grouped([])) == []


# Segments


def test_speech_is_a_segment_of_audio_with_its_transcript_and_seconds() -> None:
    (segment,) = segments(silence(9), utterances=(said(1, 4, "Good morning."), said(4.5, 8, "Welcome.")))
    assert (segment.modality, segment.text, segment.derived) == ("audio", "Good morning. Welcome.", False)
    assert segment.locator == Locator(start_s=1, end_s=8)


def test_a_sound_is_a_segment_with_a_vector_and_its_names_as_derived_text() -> None:
    (segment,) = segments(noise(4, level=0.5))
    assert (segment.modality, segment.text, segment.derived) == ("audio", "Sound of: bang", True)
    assert segment.locator == Locator(start_s=0, end_s=4)
    np.testing.assert_array_equal(segment.vectors["sound"], WordCounter().encode(["bang"])[0])


def test_a_window_in_which_somebody_speaks_most_of_the_time_is_no_sound() -> None:
    made = segments(noise(30), utterances=(said(1, 8), said(18.5, 20)))
    assert [(each.locator.start_s, each.derived) for each in made] == [
        (1, False),
        (10, True),
        (18.5, False),
        (20, True),
    ]


def test_a_sound_that_a_transcriber_takes_for_speech_is_a_sound_all_the_same() -> None:
    """Whisper hears "Help! Help!" in the barking of a dog."""
    barking = heard(noise(4), utterances=(said(0, 4, "Help! Help!"),), speech=False)
    made = recording_segments(REF, barking, "sound")
    assert [(each.text, each.locator, each.derived) for each in made] == [
        ("Help! Help!", Locator(start_s=0, end_s=4), False),
        ("Sound of: bang", Locator(start_s=0, end_s=4), True),
    ]
    assert made[0].id != made[1].id


def test_a_sound_between_two_sentences_is_one_though_they_are_in_one_group() -> None:
    utterances = said(0, 9), said(18, 20, "And so on.")
    found = segments(noise(10), noise(10), utterances=utterances)
    assert [(each.derived, each.locator.start_s) for each in found] == [(False, 0), (True, 10)]


def test_groups_in_the_same_seconds_have_ids_of_their_own() -> None:
    found = segments(noise(5), utterances=(said(0, 31, "One."), said(0, 31, "Two.")))
    assert len({each.id for each in found}) == len(found) >= 2


def test_segments_are_numbered_in_order_of_time_and_have_ids_of_their_own() -> None:
    made = segments(noise(60), utterances=(said(12, 19), said(41, 49)))
    assert [each.ordinal for each in made] == list(range(len(made)))
    assert [each.locator.start_s for each in made] == sorted(each.locator.start_s or 0 for each in made)
    assert len({each.id for each in made}) == len(made)
    assert [each.id for each in made] == [
        each.id for each in segments(noise(60), utterances=(said(12, 19), said(41, 49)))
    ]


def test_a_recording_in_which_nothing_is_heard_is_empty() -> None:
    with pytest.raises(EmptyMedia, match=r"nothing is heard in talks/opening\.mp3"):
        segments(silence(30))


def test_speech_is_embedded_as_text_and_a_sound_keeps_its_own_vector() -> None:
    text = WordCounter()
    embedder = Embedder(text, ColourNamer(), DictCache())
    (made,) = embedder.embed([Segmented(segments(noise(20), utterances=(said(0, 9, "Good morning."),)))])
    assert [list(segment.vectors) for segment in made] == [["text"], ["sound"]]
    assert text.encoded == ["Good morning."]
