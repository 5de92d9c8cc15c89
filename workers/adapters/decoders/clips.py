"""Seconds of a recording as they are heard: at their own rate, in one channel or two; those of a video are in `reels`.

Seconds are counted in what was decoded from the beginning, as they are when a recording is indexed: what a file says of
time is not believed, and a jump to a time in an MP3 of changing bit rates lands seconds beside it.
"""

from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import recording_format
from workers.adapters.decoders.recordings import BYTES_A_SAMPLE, audio_stream, decoded_frames, open_container
from workers.adapters.decoders.reels import cut_reel
from workers.adapters.decoders.results import Clip, Reel
from workers.adapters.decoders.videos import is_cover
from workers.errors import DamagedMedia, MediaTooLarge, NoSuchPlace

MOST_RATE = 48_000
"""Samples a second, which every player takes."""


def cut_seconds(data: bytes, start_s: float, end_s: float, limits: DecodeLimits) -> Clip | Reel:
    """What is heard, or in a video seen and heard, from `start_s` to `end_s`, or to the end where that is sooner.

    Raises `NoSuchPlace` (no recording, or a shorter one), `MediaTooLarge` (`max_clip_s`, and what decoding a recording
    refuses), `UnknownMediaType`, `DamagedMedia` and `MemoryError`.
    """
    kind = recording_format(data)
    if kind is None:
        raise NoSuchPlace("this is no recording, so there are no seconds in it")
    if end_s - start_s > limits.max_clip_s:
        raise MediaTooLarge(f"these are {end_s - start_s:,.0f} s; at most {limits.max_clip_s:g} s are cut out")
    import av  # noqa: PLC0415 - takes 100 ms and 100 MiB of addresses, which texts and pictures do not need

    try:
        with open_container(av, data, kind, limits) as container:
            moving = next((stream for stream in container.streams.video if not is_cover(stream)), None)
            if moving is not None:
                return cut_reel(av, container, moving, kind, (start_s, end_s), limits)
            stream = audio_stream(container, kind, limits)
            clip = _cut(av, decoded_frames(av, container, [stream]), start_s, end_s)
    except MemoryError:  # FFmpeg's own is one of both kinds
        raise
    except av.error.FFmpegError as error:
        raise DamagedMedia(f"a {kind.name} file out of which nothing can be cut: {error.strerror}") from error
    if clip is None or not clip.pcm:
        raise NoSuchPlace(f"nothing is to be heard there: the recording ends before {end_s:g} s")
    return clip


def _cut(av: Any, frames: Iterator[Any], start_s: float, end_s: float) -> Clip | None:
    pieces: _Pieces | None = None
    at = 0.0
    for frame in frames:
        begun, at = at, at + frame.samples / frame.sample_rate
        if at <= start_s:
            continue
        if begun >= end_s:
            break
        if pieces is None:
            pieces = _Pieces(av, min(frame.sample_rate, MOST_RATE), min(frame.layout.nb_channels, 2), start_s - begun)
        pieces.take(frame)
    return None if pieces is None else pieces.clip(end_s - start_s)


class _Pieces:
    """Puts frames of any shape together as samples of one; the first of them begins `early_s` before the clip."""

    def __init__(self, av: Any, rate: int, channels: int, early_s: float) -> None:
        self._av = av
        self._rate = rate
        self._channels = channels
        self._early = round(max(0.0, early_s) * rate)
        self._resampler: Any = None
        self._shape: tuple[str, str, int] | None = None
        self._pcm = bytearray()

    def take(self, frame: Any) -> None:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._shape != shape:  # also where a stream changes half-way
            self._flush()
            layout = "mono" if self._channels == 1 else "stereo"
            self._resampler, self._shape = self._av.AudioResampler(format="s16", layout=layout, rate=self._rate), shape
        frame.pts = None  # gaps and jumps in what a file says of time must not become sound
        self._keep(self._resampler.resample(frame))

    def clip(self, seconds: float) -> Clip:
        self._flush()
        size = BYTES_A_SAMPLE * self._channels
        first, count = self._early * size, round(seconds * self._rate) * size
        return Clip(bytes(self._pcm[first : first + count]), self._rate, self._channels)

    def _flush(self) -> None:
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))

    def _keep(self, frames: list[Any]) -> None:
        for frame in frames:
            self._pcm += bytes(frame.planes[0])[: frame.samples * BYTES_A_SAMPLE * self._channels]
