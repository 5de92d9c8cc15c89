"""The Excerpter contract, kept by a real child process: the place that a citation leads to, as pixels or samples."""

import contextlib
import io
import random
import sys
import wave
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import FORMATS as VIDEOS
from clips import encoded as filmed
from clips import still
from media.pdf_writer import HEIGHT, WIDTH, Page, image, pdf, picture, text
from PIL import Image
from recordings import FORMATS, encoded, recorded, tone

from workers.adapters.decoders.files import file_of
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedImage, DecodedText, Pixels
from workers.domain.excerpt import Clip, Reel
from workers.domain.locator import Locator
from workers.errors import DamagedMedia, MediaTooLarge, NoSuchPlace, OmnibusError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")

RED, GREY = (220, 30, 30), (120, 120, 120)
PLAN = pdf(
    [
        Page(text(60, 60, "First page.")),
        Page(text(60, 60, "A figure:") + picture(150, 200, 300, 200), image=image(30, 20, RED)),
    ]
)


@pytest.fixture
def excerpter() -> Iterator[SandboxedDecoder]:
    excerpter = SandboxedDecoder(DecodeLimits())
    yield excerpter
    excerpter.close()


def pixels(excerpter: SandboxedDecoder, data: bytes, place: Locator) -> Pixels:
    found = excerpter.excerpt(data, key="a", place=place)
    assert isinstance(found, DecodedImage)
    return found.pixels


def sign(size: tuple[int, int] = (2000, 1000), *, exif: Image.Exif | None = None) -> bytes:
    """A red sign on a grey wall: 10 to 20% across, 40 to 60% down."""
    wall = Image.new("RGB", size, GREY)
    wall.paste(RED, (size[0] // 10, 4 * size[1] // 10, size[0] // 5, 6 * size[1] // 10))
    buffer = io.BytesIO()
    wall.save(buffer, "PNG", exif=exif or Image.Exif())
    return buffer.getvalue()


def test_a_box_of_a_picture_comes_at_its_own_resolution_with_a_margin(excerpter: SandboxedDecoder) -> None:
    found = pixels(excerpter, sign(), Locator(box=(0.1, 0.4, 0.2, 0.6)))
    assert found.shape == (400, 400, 3)
    assert np.all(found[100:300, 100:300] == RED)
    assert np.all(found[:100] == GREY)
    assert np.all(found[:, 300:] == GREY)


def test_a_margin_ends_where_the_picture_ends(excerpter: SandboxedDecoder) -> None:
    assert pixels(excerpter, sign(), Locator(box=(0, 0, 0.2, 0.6))).shape == (700, 500, 3)


def test_a_box_is_in_the_picture_as_it_is_shown(excerpter: SandboxedDecoder) -> None:
    on_its_side = Image.Exif()
    on_its_side[0x0112] = 6  # a quarter turn clockwise: the sign is then 40 to 60% across, 10 to 20% down
    found = pixels(excerpter, sign(exif=on_its_side), Locator(box=(0.4, 0.1, 0.6, 0.2)))
    assert np.all(found[100:300, 100:300] == RED)


def test_a_box_is_in_the_whole_picture_where_its_edges_are_transparent(excerpter: SandboxedDecoder) -> None:
    board = Image.new("RGBA", (1000, 1000), (0, 0, 0, 0))
    board.paste((*GREY, 255), (300, 300, 700, 700))
    board.paste((*RED, 255), (400, 400, 500, 500))
    buffer = io.BytesIO()
    board.save(buffer, "PNG")
    found = pixels(excerpter, buffer.getvalue(), Locator(box=(0.4, 0.4, 0.5, 0.5)))
    assert found.shape == (200, 200, 3)
    assert np.all(found[50:150, 50:150] == RED)


def test_a_page_comes_as_a_whole(excerpter: SandboxedDecoder) -> None:
    found = pixels(excerpter, PLAN, Locator(page=2))
    assert found.shape == (3 * HEIGHT, 3 * WIDTH, 3)
    assert np.all(found[3 * 300, 3 * 300] == RED)


def test_a_box_of_a_page_comes_with_a_margin(excerpter: SandboxedDecoder) -> None:
    found = pixels(excerpter, PLAN, Locator(page=2, box=(150 / WIDTH, 200 / HEIGHT, 450 / WIDTH, 400 / HEIGHT)))
    assert found.shape == (3 * 280, 3 * 380, 3)  # 40 points on each side, a twentieth of the page's height
    assert np.all(found[130:-130, 130:-130] == RED)
    assert np.all(found[:110] == 255)


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (PLAN, Locator(page=3), "has no page 3; its last one is 2"),
        (PLAN, Locator(box=(0, 0, 1, 1)), "begins with a page"),
        (sign(), Locator(page=1), "neither a PDF nor a TIFF"),
        (sign(), Locator(start_s=1, end_s=2), "no recording"),
        (b"words", Locator(box=(0, 0, 1, 1)), "no picture"),
    ],
    ids=["page", "box without page", "page of a picture", "seconds of a picture", "box of a text"],
)
def test_a_place_that_is_not_there_is_said(excerpter: SandboxedDecoder, data: bytes, place: Locator, says: str) -> None:
    with pytest.raises(NoSuchPlace, match=says):
        excerpter.excerpt(data, key="a", place=place)
    assert excerpter.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_a_page_as_large_as_a_house_comes_within_the_limit() -> None:
    house = pdf([Page(text(60, 60, "House."), box=(0, 0, 14_400, 14_400))])
    with contextlib.closing(SandboxedDecoder(DecodeLimits(excerpt_side=1000))) as excerpter:
        assert pixels(excerpter, house, Locator(page=1)).shape == (1000, 1000, 3)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    with (
        contextlib.closing(SandboxedDecoder(DecodeLimits(max_pixels=1_000))) as excerpter,
        pytest.raises(MediaTooLarge),
    ):
        excerpter.excerpt(sign(), key="a", place=Locator(box=(0, 0, 0.1, 0.1)))


def test_hundreds_of_damaged_objects_cost_nothing_but_themselves(excerpter: SandboxedDecoder) -> None:
    dice = random.Random("excerpts")
    cases = ((PLAN, Locator(page=2, box=(0.1, 0.1, 0.5, 0.5))), (sign((200, 100)), Locator(box=(0.1, 0.1, 0.5, 0.5))))
    for number in range(200):
        original, place = cases[number % 2]
        data = bytearray(original)
        for _ in range(dice.randint(1, 30)):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        with contextlib.suppress(OmnibusError):
            assert pixels(excerpter, bytes(data), place).size
    assert excerpter.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_nonsense_of_a_child_that_was_taken_over_is_damaged_media(
    excerpter: SandboxedDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SandboxedDecoder, "_ask", lambda *_: ({"text": True, "media_type": "", "markup": ""}, b"x"))
    with pytest.raises(DamagedMedia, match="nonsense"):
        excerpter.excerpt(sign(), key="a", place=Locator(box=(0, 0, 1, 1)))


# Recordings


def heard(excerpter: SandboxedDecoder, data: bytes, start_s: float, end_s: float) -> Clip:
    found = excerpter.excerpt(data, key="a", place=Locator(start_s=start_s, end_s=end_s))
    assert isinstance(found, Clip)
    return found


def hertz(clip: Clip) -> float:
    """The pitch of a tone."""
    samples = np.frombuffer(clip.pcm, "<i2").reshape(-1, clip.channels)[:, 0].astype(float)
    return float(np.abs(np.fft.rfft(samples)).argmax() * clip.rate / len(samples))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_seconds_of_a_recording_come_at_its_own_rate(excerpter: SandboxedDecoder, name: str) -> None:
    muxer, encoder, rate = FORMATS[name]
    parts = [tone(1.0, hertz=each, rate=rate) for each in (300, 600, 900)]
    clip = heard(excerpter, encoded(np.concatenate(parts), muxer, encoder, rate), 1.25, 1.75)
    assert (clip.rate, clip.channels) == (rate, 2)
    assert len(clip.pcm) == 4 * rate // 2
    assert hertz(clip) == pytest.approx(600, abs=4)


def test_a_clip_ends_where_the_recording_ends(excerpter: SandboxedDecoder) -> None:
    clip = heard(excerpter, recorded("tone.wav", 3.0), 2.5, 9.0)
    assert len(clip.pcm) == 4 * 44_100 // 2


@pytest.mark.parametrize(
    ("data", "span", "error", "says"),
    [
        (recorded("tone.wav", 1.0), (5, 6), NoSuchPlace, "ends before 6 s"),
        (recorded("tone.wav", 1.0), (0.5, 0.5), NoSuchPlace, "nothing is to be heard"),
        (recorded("tone.wav", 1.0), (0, 700), MediaTooLarge, "at most 600 s"),
        (recorded("tone.flac", 1.0)[:60], (0, 1), DamagedMedia, "nothing can be cut"),
    ],
    ids=["beyond the end", "no time", "too long", "truncated"],
)
def test_seconds_that_cannot_be_heard_are_said(
    excerpter: SandboxedDecoder, data: bytes, span: tuple[float, float], error: type[OmnibusError], says: str
) -> None:
    with pytest.raises(error, match=says):
        heard(excerpter, data, *span)


def test_hundreds_of_damaged_recordings_cost_nothing_but_themselves(excerpter: SandboxedDecoder) -> None:
    dice = random.Random("clips")
    originals = [recorded(name, 1.0) for name in sorted(FORMATS)]
    for number in range(120):
        data = bytearray(originals[number % len(originals)])
        for _ in range(dice.randint(1, 30)):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        with contextlib.suppress(OmnibusError):
            heard(excerpter, bytes(data), 0.25, 0.5)
    assert excerpter.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_a_clip_is_a_file_that_others_can_play(excerpter: SandboxedDecoder) -> None:
    suffix, content = file_of(heard(excerpter, recorded("tone.mp3", 3.0), 1.0, 2.0))
    with wave.open(io.BytesIO(content)) as file:
        assert (suffix, file.getnframes(), file.getframerate(), file.getnchannels()) == (".wav", 44_100, 44_100, 2)


# Videos


def reel(excerpter: SandboxedDecoder, data: bytes, start_s: float, end_s: float) -> Reel:
    found = excerpter.excerpt(data, key="a", place=Locator(start_s=start_s, end_s=end_s))
    assert isinstance(found, Reel)
    return found


def scenes(name: str = "clip.mp4", **more: Any) -> bytes:
    """Two seconds each of red, green and blue, each beginning with a picture that can be decoded by itself."""
    colours = ((200, 30, 30), (30, 160, 30), (30, 30, 200))
    pictures = [np.full((96, 128, 3), colour, np.uint8) for colour in colours]
    return filmed(chain.from_iterable(still(each, 2.0) for each in pictures), name, **more)


def shown(found: Reel) -> tuple[list[str], float]:
    """The colours that are seen in it, in order, and how long it is."""
    with av.open(io.BytesIO(bytes(found.data))) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    names = [("red", "green", "blue")[int(frame.mean(axis=(0, 1)).argmax())] for frame in frames]
    return [name for name, _ in groupby(names)], len(frames) / 25


@pytest.mark.parametrize("name", sorted(VIDEOS))
def test_seconds_of_a_video_come_in_its_own_format_with_its_sound(excerpter: SandboxedDecoder, name: str) -> None:
    found = reel(excerpter, scenes(name, sound=tone(6.0, rate=48_000)), 2.5, 3.5)
    colours, seconds = shown(found)
    assert colours[-1] == "green"
    assert "blue" not in colours
    assert 1.0 <= seconds <= 3.6
    suffix, content = file_of(found)
    assert suffix == Path(name).suffix
    with av.open(io.BytesIO(content)) as container:
        assert [len(container.streams.video), len(container.streams.audio)] == [1, 1]


def test_a_video_without_sound_is_cut_as_well(excerpter: SandboxedDecoder) -> None:
    assert shown(reel(excerpter, scenes(), 4.5, 6.0))[0][-1] == "blue"


def test_seconds_after_the_end_of_a_video_are_said(excerpter: SandboxedDecoder) -> None:
    with pytest.raises(NoSuchPlace, match="the video ends before 60 s"):
        reel(excerpter, scenes(), 60, 61)


def test_hundreds_of_damaged_videos_cost_nothing_but_themselves(excerpter: SandboxedDecoder) -> None:
    dice = random.Random("reels")
    originals = [scenes(name) for name in sorted(VIDEOS)]
    for number in range(150):
        data = bytearray(originals[number % len(originals)])
        for _ in range(dice.randint(1, 30)):
            data[dice.randrange(12, len(data))] = dice.randrange(256)
        with contextlib.suppress(OmnibusError):
            reel(excerpter, bytes(data), 2.0, 3.0)
    assert excerpter.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")
