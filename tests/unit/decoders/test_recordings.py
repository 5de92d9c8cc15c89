"""Recordings are known by their content and become 16 kHz mono, as far as they can be decoded."""

import random
from contextlib import suppress

import numpy as np
import pytest

from tests.recordings import FORMATS, encoded, recorded, tone
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import is_heavy, recording_format
from workers.adapters.decoders.recordings import CHUNK_BYTES, RATE
from workers.adapters.decoders.results import Picture, Sound, Text
from workers.domain.recording import SAMPLE_RATE, Samples
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, Permanent, UnknownMediaType

LIMITS = DecodeLimits()


def pieces(data: bytes, *, key: str = "a", limits: DecodeLimits = LIMITS) -> list[Sound]:
    result = decode(data, key, limits)
    assert not isinstance(result, Text | Picture)
    return list(result)


def heard(data: bytes, *, limits: DecodeLimits = LIMITS) -> Samples:
    pcm = b"".join(piece.pcm for piece in pieces(data, limits=limits))
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32_768)


def seconds(samples: Samples) -> float:
    return len(samples) / RATE


def pitch(samples: Samples) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples))


@pytest.mark.parametrize("name", FORMATS)
def test_a_recording_of_any_format_is_heavy_work(name: str) -> None:
    assert is_heavy(recorded(name))


@pytest.mark.parametrize(
    "data", [b"", b"a", b"ID", b"\0\0\0\x18ftypheic", b"RIFF\0\0\0\0WEBP", b"%PDF-1.7", b"# Notes", b"\xff\xd8\xff\xe0"]
)
def test_anything_else_is_light_work(data: bytes) -> None:
    assert not is_heavy(data)


def test_child_and_worker_speak_of_the_same_rate() -> None:
    assert RATE == SAMPLE_RATE


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_its_sound_at_the_right_pitch_and_length(name: str) -> None:
    samples = heard(recorded(name))
    assert seconds(samples) == pytest.approx(3.0, abs=0.06)
    assert pitch(samples) == pytest.approx(440, abs=2)
    assert np.abs(samples).max() > 0.2


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("tone.wav", "audio/wav"), ("tone.mp3", "audio/mpeg"), ("tone.flac", "audio/flac"), ("tone.opus", "audio/ogg"),
     ("tone.m4a", "audio/mp4")],
)  # fmt: skip
def test_the_media_type_is_that_of_the_content(name: str, media_type: str) -> None:
    assert {piece.media_type for piece in pieces(recorded(name), key="a.bin")} == {media_type}


def test_a_long_recording_comes_in_pieces_of_ten_seconds() -> None:
    sizes = [len(piece.pcm) for piece in pieces(recorded("tone.flac", 25))]
    assert sizes == [CHUNK_BYTES, CHUNK_BYTES, CHUNK_BYTES // 2]


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 96_000])
@pytest.mark.parametrize("layout", ["mono", "5.1"])
def test_any_rate_and_number_of_channels_becomes_one_channel(rate: int, layout: str) -> None:
    samples = heard(encoded(tone(2, rate=rate), "wav", "pcm_s24le", rate, layout=layout))
    assert seconds(samples) == pytest.approx(2, abs=0.01)
    assert pitch(samples) == pytest.approx(440, abs=2)


def test_a_tag_before_the_sound_is_passed_over() -> None:
    tag = b"ID3\x04\0\0" + bytes([0, 0, 0x40, 0]) + bytes(0x40 << 7)
    assert recording_format(tag + recorded("tone.flac")).name == "FLAC"  # type: ignore[union-attr] # None fails too
    assert seconds(heard(tag + recorded("tone.mp3"))) == pytest.approx(3, abs=0.06)


@pytest.mark.parametrize("text", ["ID3 is a tag", "RIFFs and WAVEs", "OggSnow is none", "fLaC"])
def test_a_text_about_recordings_is_none(text: str) -> None:
    expected = text.startswith(("OggS", "fLaC"))
    assert (recording_format(text.encode()) is not None) == expected


# What is refused, and what is cut off


def test_a_duration_that_the_file_only_claims_is_not_believed() -> None:
    claimed = bytearray(recorded("tone.wav"))
    size = claimed.index(b"data") + 4
    claimed[4:8] = claimed[size : size + 4] = b"\xff\xff\xff\x7f"
    assert seconds(heard(bytes(claimed))) == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize("name", ["tone.wav", "tone.mp3", "tone.flac", "tone.opus"])
def test_a_recording_that_breaks_off_is_taken_as_far_as_it_goes(name: str) -> None:
    whole = recorded(name, 6)
    assert 2 < seconds(heard(whole[: len(whole) * 2 // 3])) < 5


def test_packets_that_do_not_decode_are_left_out() -> None:
    data = bytearray(recorded("tone.mp3", 10))
    data[len(data) // 2 : len(data) // 2 + 2_000] = bytes(2_000)
    assert 9 < seconds(heard(bytes(data))) < 10.1


def test_a_recording_longer_than_the_limit_is_refused_after_that_much_of_it() -> None:
    result = decode(recorded("tone.flac", 25), "a", DecodeLimits(max_recording_s=20))
    assert not isinstance(result, Text | Picture)
    assert len(next(result).pcm) == CHUNK_BYTES
    with pytest.raises(MediaTooLarge, match="longer than 20 s"):
        list(result)


def test_an_absurd_sample_rate_is_refused() -> None:
    data = bytearray(recorded("tone.wav"))
    data[24:28] = (4_000_000_000).to_bytes(4, "little")
    with pytest.raises((MediaTooLarge, DamagedMedia)):
        heard(bytes(data))
    with pytest.raises(MediaTooLarge, match="44,100 samples a second; at most 16,000"):
        heard(recorded("tone.wav"), limits=DecodeLimits(max_sample_rate=16_000))


def test_a_sample_rate_at_which_nothing_is_heard_is_refused() -> None:
    data = bytearray(recorded("tone.wav"))
    data[24:28] = (1).to_bytes(4, "little")
    with pytest.raises(DamagedMedia, match="has 1 samples a second; at least 4,000"):
        heard(bytes(data))


def test_more_streams_than_allowed_are_refused() -> None:
    with pytest.raises(MediaTooLarge, match="has 1 streams; at most 0"):
        heard(recorded("tone.m4a"), limits=DecodeLimits(max_streams=0))


def test_a_recording_without_a_sample_is_empty() -> None:
    data = recorded("tone.wav")
    with pytest.raises(EmptyMedia, match="holds no sound"):
        heard(data[: data.index(b"data") + 8])


@pytest.mark.parametrize("head", [b"fLaC", b"OggS", b"RIFF\0\0\0\0WAVE", b"\0\0\0\x18ftypM4A \0\0\0\0"])
def test_a_beginning_without_a_recording_is_damaged(head: bytes) -> None:
    with pytest.raises((DamagedMedia, EmptyMedia, UnknownMediaType), match=r"\w+ \w+"):
        heard(head + bytes(200))


def test_a_recording_with_the_name_of_a_text_is_refused() -> None:
    with pytest.raises(DamagedMedia, match="by its name it is text/plain, but it holds a recording or video"):
        pieces(recorded("tone.mp3"), key="notes.txt")


@pytest.mark.parametrize("name", FORMATS)
def test_forty_damaged_recordings_end_as_recordings_or_as_our_errors(name: str) -> None:
    dice, whole = random.Random(name), recorded(name, 1)
    ended = 0
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 20)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with suppress(Permanent):
            decode(bytes(data), "a", LIMITS)
            assert seconds(heard(bytes(data))) < 60
        ended += 1
    assert ended == 40
