"""Videos that tests make themselves: scenes of photographs with known cuts, in every format that is decoded."""

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frame = NDArray[np.uint8]
"""`(height, width, 3) uint8`, RGB."""

RATE = 25
QUARTER = 90
SIZE = (192, 108)
PHOTOS = Path(__file__).parents[1] / "examples" / "media" / "photos"
LEMUR, PANDA, MACAW = "IMG_0412.jpg", "IMG_0437.jpg", "DSC_0093.jpg"

FORMATS = {
    "clip.mp4": ("mp4", "libx264", "aac"),
    "clip.mov": ("mov", "mpeg4", "aac"),
    "clip.mkv": ("matroska", "libx264", "libopus"),
    "clip.webm": ("webm", "libvpx", "libopus"),
    "clip.avi": ("avi", "mpeg4", "libmp3lame"),
}
"""File name -> FFmpeg's muxer, and its encoders of pictures and sound."""

QUICKLY = {"libx264": {"preset": "ultrafast", "bf": "2"}, "libvpx": {"deadline": "realtime", "cpu-used": "8"}}
"""Options of encoders, for tests that need no small files."""


@cache
def photograph(name: str, size: tuple[int, int]) -> Frame:
    """One of the photographs of the examples, as large as `size` (width, height)."""
    with Image.open(PHOTOS / name) as image:
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BICUBIC))


def photographs() -> list[str]:
    """Names of all photographs."""
    return sorted(path.name for path in PHOTOS.iterdir())


def still(picture: Frame, seconds: float, *, rate: int = RATE) -> Iterator[Frame]:
    """Nothing moves."""
    return (picture for _ in range(round(seconds * rate)))


def pan(name: str, seconds: float, *, size: tuple[int, int] = SIZE, noise: float = 3.0) -> Iterator[Frame]:
    """The camera goes over a photograph by a quarter of its width, with the noise of its sensor."""
    width, height = size
    wide = photograph(name, (width * 5 // 4, height)).astype(np.int16)
    grains = [np.random.default_rng(n).normal(0, noise, (height, width, 1)).astype(np.int16) for n in range(5)]
    count = round(seconds * RATE)
    for n in range(count):
        left = (width // 4) * n // count
        yield np.clip(wide[:, left : left + width] + grains[n % len(grains)], 0, 255).astype(np.uint8)


def faded(before: Sequence[Frame], after: Sequence[Frame], seconds: float) -> Iterator[Frame]:
    """One scene goes dark and the other comes out of the dark, in `seconds`."""
    half = round(seconds * RATE / 2)
    yield from before[:-half]
    yield from (mixed(frame, np.zeros_like(frame), (n + 1) / half) for n, frame in enumerate(before[-half:]))
    yield from (mixed(np.zeros_like(frame), frame, n / half) for n, frame in enumerate(after[:half]))
    yield from after[half:]


def dissolved(before: Sequence[Frame], after: Sequence[Frame], seconds: float) -> Iterator[Frame]:
    """One scene turns into the other, in `seconds` that belong to both."""
    count = round(seconds * RATE)
    yield from before[:-count]
    shared = zip(before[-count:], after[:count], strict=True)
    yield from (mixed(one, other, (n + 0.5) / count) for n, (one, other) in enumerate(shared))
    yield from after[count:]


def mixed(one: Frame, other: Frame, share: float) -> Frame:
    """So much of the other."""
    return (one * (1 - share) + other * share).astype(np.uint8)


def encoded(
    frames: Iterable[Frame],
    name: str = "clip.mp4",
    *,
    rate: float = RATE,
    sound: NDArray[np.float32] | None = None,
    sound_from_s: float = 0.0,
    rotation: int = 0,
) -> bytes:
    """The frames as a file in the format of this name of `FORMATS`; without any, only the sound.

    `sound` is mono, 48,000 samples a second. `rotation`: degrees clockwise by which a player is to turn the pictures,
    in MP4.
    """
    muxer, encoder, sound_encoder = FORMATS[name]
    out, pictures = io.BytesIO(), list(frames)
    with av.open(out, "w", format=muxer) as container:
        picture = _picture_stream(container, encoder, pictures[0], rate) if pictures else None
        if sound is not None:
            track: Any = container.add_stream(sound_encoder, rate=48_000, layout="mono")
            _mux_sound(container, track, sound, sound_from_s)
        for number, each in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(each, format="rgb24")
            frame.pts = number
            container.mux(picture.encode(frame))
        if picture is not None:
            container.mux(picture.encode(None))
    data = out.getvalue()
    return _turned(data) if rotation == QUARTER else data


def _picture_stream(container: Any, encoder: str, first: Frame, rate: float) -> Any:
    stream = container.add_stream(encoder, rate=Fraction(rate).limit_denominator(1000))
    stream.height, stream.width, stream.pix_fmt = *first.shape[:2], "yuv420p"
    stream.options = QUICKLY.get(encoder, {})
    return stream


def _turned(data: bytes) -> bytes:
    """An MP4 file whose first track is shown turned by 90 degrees clockwise (ISO/IEC 14496-12, 8.3.2.3)."""
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    matrix = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    return data[:at] + matrix + data[at + len(matrix) :]


def _mux_sound(container: Any, track: Any, samples: NDArray[np.float32], from_s: float) -> None:
    context = track.codec_context
    resampler = av.AudioResampler(context.format.name, "mono", 48_000, context.frame_size or None)
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), round(from_s * 48_000)
    for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
        container.mux(track.encode(ready))
