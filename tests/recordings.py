"""Recordings that tests make themselves, in every format that is decoded."""

import io
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from workers.domain.recording import SAMPLE_RATE, Samples

AMIABLE_WOMAN = "had he married a more amiable woman he might have been made still more respectable than he was"
AMIABLE_HIMSELF = "he might even have been made amiable himself"
"""What is said in the two clips of `speech`, of 6.05 and 3.29 s."""

FORMATS = {
    "tone.wav": ("wav", "pcm_s16le", 44_100),
    "tone.mp3": ("mp3", "libmp3lame", 44_100),
    "tone.flac": ("flac", "flac", 44_100),
    "tone.opus": ("ogg", "libopus", 48_000),
    "tone.ogg": ("ogg", "vorbis", 44_100),
    "tone.m4a": ("ipod", "aac", 44_100),
}
"""File name -> FFmpeg's muxer and encoder, and samples a second."""


def tone(seconds: float, *, hertz: float = 440.0, rate: int = SAMPLE_RATE) -> Samples:
    """A sine of half the full scale."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def silence(seconds: float) -> Samples:
    """No sound at all."""
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def noise(seconds: float, *, level: float = 0.1) -> Samples:
    """White noise, the same every time."""
    return np.random.default_rng(1).normal(0, level, round(seconds * SAMPLE_RATE)).astype(np.float32)


def speech(sentence: str) -> Samples:
    """A reader who says `AMIABLE_WOMAN` or `AMIABLE_HIMSELF`; see tests/speech/NOTICE.md."""
    number = {AMIABLE_WOMAN: "0920", AMIABLE_HIMSELF: "0930"}[sentence]
    file = Path(__file__).parent / "speech" / f"sense-and-sensibility-{number}.opus"
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(str(file)) as container:
        frames = [*container.decode(audio=0), None]
        return np.concatenate([part.to_ndarray()[0] for frame in frames for part in resampler.resample(frame)])


def encoded(samples: NDArray[np.float32], muxer: str, encoder: str, rate: int, *, layout: str = "stereo") -> bytes:
    """`samples`, of `rate` a second, as a file; every channel holds the same."""
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as container:
        stream = container.add_stream(encoder, rate=rate, layout=layout, options={"strict": "-2"})
        assert isinstance(stream, av.AudioStream)
        context = stream.codec_context
        resampler = av.AudioResampler(context.format.name, layout, rate, context.frame_size or None)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
        frame.sample_rate = rate
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(ready))
    return out.getvalue()


def recorded(name: str, seconds: float = 3.0, *, hertz: float = 440.0) -> bytes:
    """A tone in the format of this file name of `FORMATS`."""
    muxer, encoder, rate = FORMATS[name]
    return encoded(tone(seconds, hertz=hertz, rate=rate), muxer, encoder, rate)
