"""What every transcriber does; today there is one. Speech is two sentences of a public-domain reading."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from omnibus.profiles import Models
from tests.recordings import AMIABLE_HIMSELF, AMIABLE_WOMAN, noise, silence, speech, tone
from workers.adapters.models import whisper
from workers.adapters.models.whisper import WhisperTranscriber
from workers.domain.recording import SAMPLE_RATE, Samples
from workers.errors import DamagedMedia, ModelUnavailable
from workers.ports.transcriber import Utterance


@pytest.fixture(scope="module")
def transcriber(models: Models) -> WhisperTranscriber:
    return models.transcriber()


def joined(*parts: Samples) -> Samples:
    return np.concatenate(parts)


def in_chunks(samples: Samples, seconds: float) -> Iterator[Samples]:
    size = round(seconds * SAMPLE_RATE)
    return (samples[start : start + size] for start in range(0, len(samples), size))


def words(utterances: Sequence[Utterance]) -> str:
    text = " ".join(utterance.text for utterance in utterances).lower()
    return " ".join(re.findall(r"\w+", text))


def said(transcriber: WhisperTranscriber, chunks: Iterable[Samples]) -> list[Utterance]:
    return [utterance for stretch in transcriber.transcribe(chunks) for utterance in stretch.utterances]


def test_what_is_said_is_written_down(transcriber: WhisperTranscriber) -> None:
    heard = said(transcriber, [speech(AMIABLE_WOMAN)])
    assert words(heard) == AMIABLE_WOMAN
    assert all(utterance.text == utterance.text.strip() for utterance in heard)
    assert {utterance.language for utterance in heard} == {"en"}
    assert all(0.5 < utterance.confidence <= 1 for utterance in heard)


def test_each_sentence_has_its_seconds(transcriber: WhisperTranscriber) -> None:
    recording = joined(silence(5), speech(AMIABLE_HIMSELF), silence(20), speech(AMIABLE_WOMAN), silence(3))
    heard = said(transcriber, in_chunks(recording, 10))
    first = [utterance for utterance in heard if utterance.start_s < 15]
    second = [utterance for utterance in heard if utterance.start_s > 15]
    assert words(first) == AMIABLE_HIMSELF
    assert words(second) == AMIABLE_WOMAN
    assert (first[0].start_s, first[-1].end_s) == pytest.approx((5, 8.3), abs=0.7)
    assert (second[0].start_s, second[-1].end_s) == pytest.approx((28.3, 34.3), abs=0.7)


def test_utterances_come_in_order_of_time_and_have_a_length(transcriber: WhisperTranscriber) -> None:
    heard = said(transcriber, [joined(*[speech(AMIABLE_HIMSELF), silence(2)] * 4)])
    assert len(heard) >= 4
    assert all(utterance.start_s < utterance.end_s for utterance in heard)
    assert all(before.end_s <= after.start_s for before, after in pairwise(heard))


@pytest.mark.parametrize("length", [0.3, 7, 60])
def test_the_length_of_the_chunks_makes_no_difference(transcriber: WhisperTranscriber, length: float) -> None:
    recording = joined(speech(AMIABLE_WOMAN), silence(2), speech(AMIABLE_HIMSELF))
    heard = said(transcriber, in_chunks(recording, length))
    assert heard == said(transcriber, [recording])


def test_nothing_is_lost_or_said_twice_where_a_long_recording_is_cut(
    transcriber: WhisperTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "BLOCK_S", 8)
    recording = joined(*[speech(AMIABLE_WOMAN), silence(1), speech(AMIABLE_HIMSELF), silence(1)] * 3)
    heard = said(transcriber, in_chunks(recording, 1))
    assert words(heard) == " ".join([AMIABLE_WOMAN, AMIABLE_HIMSELF] * 3)
    starts = [heard_at.start_s for heard_at in heard if heard_at.text.startswith("Had he")]
    assert starts == pytest.approx([0, 11.34, 22.68], abs=0.7)


@pytest.mark.parametrize(
    "samples",
    [silence(12), noise(12), tone(12), silence(0), silence(0.01)],
    ids=["silence", "noise", "tone", "none", "dot"],
)
def test_what_is_no_speech_gives_no_utterance(transcriber: WhisperTranscriber, samples: Samples) -> None:
    assert said(transcriber, [samples]) == []


def test_no_chunk_gives_no_utterance(transcriber: WhisperTranscriber) -> None:
    assert said(transcriber, []) == []


def test_who_begins_behind_a_stretch_hears_the_rest(
    transcriber: WhisperTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "BLOCK_S", 10)
    recording = joined(*[speech(AMIABLE_HIMSELF), silence(2)] * 5)
    first, *rest = list(transcriber.transcribe(in_chunks(recording, 1)))
    assert 0 < first.end < len(recording)
    assert rest[-1].end == len(recording)
    again = list(transcriber.transcribe([recording[first.end :]], language=first.language))
    heard = [words(stretch.utterances) for stretch in (first, *again)]
    assert " ".join(heard).split() == AMIABLE_HIMSELF.split() * 5


def test_what_the_chunks_raise_goes_through(transcriber: WhisperTranscriber) -> None:
    def breaking() -> Iterator[Samples]:
        yield speech(AMIABLE_HIMSELF)
        raise DamagedMedia("torn")

    with pytest.raises(DamagedMedia, match="torn"):
        said(transcriber, breaking())


def test_a_damaged_model_is_an_unavailable_model(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not weights")
    with pytest.raises(ModelUnavailable, match="whisper 0 does not load"):
        list(WhisperTranscriber(lambda: tmp_path, "whisper 0").transcribe([silence(1)]))


def test_a_model_that_is_missing_is_named_with_the_command_that_fetches_it() -> None:
    def missing() -> Path:
        raise ModelUnavailable("it is not on this machine; run `omnibus models fetch`")

    with pytest.raises(ModelUnavailable, match=r"^it is not on this machine; run"):
        list(WhisperTranscriber(missing, "whisper 0").transcribe([silence(1)]))
