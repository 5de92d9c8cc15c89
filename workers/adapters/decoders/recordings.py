"""Recordings through FFmpeg: any rate, depth and number of channels becomes 16 kHz mono, chunk by chunk.

Memory is that of one chunk, however long the recording is. Demuxer and codecs are named by the content's first bytes
and no others are tried. What a file says of its duration is not believed: what was decoded counts.
"""

import io
from collections.abc import Iterator, Sequence
from typing import Any

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import RecordingFormat
from workers.adapters.decoders.results import Sound
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, UnknownMediaType

RATE = 16_000
BYTES_A_SAMPLE = 2
CHUNK_BYTES = 10 * RATE * BYTES_A_SAMPLE
"""Ten seconds: enough that frames cost nothing, little enough that a chunk takes a fraction of a second."""
GAP_S = 0.2
"""By which sound must come late to be a gap: less is how times are rounded."""
MAX_CHANNELS = 64
"""What FFmpeg's resampler mixes at most."""
LEAST_RATE = 4_000
"""Samples a second: below, no word is understood, and few bytes would claim hours."""
BAD_PACKETS = 1_000
"""Packets in a row that do not decode, before the rest is given up: half a minute of MP3."""


def open_container(av: Any, data: bytes, kind: RecordingFormat, limits: DecodeLimits) -> Any:
    """The container of `data`, to be closed. Raises `MediaTooLarge` (`max_streams`) and FFmpeg's errors."""
    av.logging.set_level(None)
    allowed = ",".join(filter(None, (kind.codecs, kind.pictures)))
    container = av.open(
        io.BytesIO(data), format=kind.demuxer, options={"codec_whitelist": allowed}, metadata_errors="replace"
    )
    count = len(container.streams)
    if count > limits.max_streams:
        container.close()
        raise MediaTooLarge(f"the recording has {count} streams; at most {limits.max_streams} are read")
    return container


def sound_of(av: Any, container: Any, kind: RecordingFormat, limits: DecodeLimits) -> Iterator[Sound]:
    """The sound of the first audio stream: 16 kHz mono, signed 16 bits, in pieces of ten seconds or less.

    Packets that do not decode are left out, and a recording that ends too early is taken as far as it goes. Raises
    `EmptyMedia` (no sample), `MediaTooLarge` (`max_recording_s`, `max_sample_rate`), `UnknownMediaType` (no sound),
    `MemoryError` and FFmpeg's errors.
    """
    stream = audio_stream(container, kind, limits)
    sound = SoundTrack(av, kind.media_type, limits, declared_s(av, container))
    for frame in decoded_frames(av, container, [stream]):
        yield from sound.take(frame)
    yield from sound.finish()
    if not sound.samples:
        raise EmptyMedia(f"the recording ({kind.name}) holds no sound")


def declared_s(av: Any, container: Any) -> float:
    """How long the file says it is, in seconds; 0 where it says nothing."""
    return float((container.duration or 0) / av.time_base)


def audio_stream(container: Any, kind: RecordingFormat, limits: DecodeLimits) -> Any:
    """The stream to decode, after everything about it that is declared was checked.

    Raises `UnknownMediaType` (none that can be decoded), `DamagedMedia` (`LEAST_RATE`) and `MediaTooLarge`.
    """
    if not container.streams.audio:
        raise UnknownMediaType(f"this {kind.name} file holds no sound")
    stream = container.streams.audio[0]
    if stream.codec_context is None or stream.codec_context.name not in kind.codecs.split(","):
        raise UnknownMediaType(f"the sound in this {kind.name} file is in a codec that is not decoded")
    if stream.rate and stream.rate > limits.max_sample_rate:
        raise MediaTooLarge(
            f"the recording has {stream.rate:,} samples a second; at most {limits.max_sample_rate:,} are decoded"
        )
    if stream.rate and stream.rate < LEAST_RATE:
        raise DamagedMedia(
            f"the recording has {stream.rate:,} samples a second; at least {LEAST_RATE:,} are needed to hear something"
        )
    if stream.channels > MAX_CHANNELS:
        raise MediaTooLarge(f"the recording has {stream.channels:,} channels; at most {MAX_CHANNELS} are decoded")
    stream.codec_context.thread_count = 1
    return stream


def decoded_frames(av: Any, container: Any, streams: Sequence[Any]) -> Iterator[Any]:
    """Every frame of these streams that decodes, as the file has them beside one another.

    A stream that does not decode any more is given up. A demuxer that fails after the first frame has come to the end
    of what there is. Raises FFmpeg's error where nothing decodes of the first of the streams.
    """
    bad = dict.fromkeys((stream.index for stream in streams), 0)
    some, failure = False, None
    packets = container.demux(*streams)
    while bad[streams[0].index] < BAD_PACKETS:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError as error:
            failure = error
            break
        index = packet.stream.index
        if bad[index] >= BAD_PACKETS:
            continue
        try:
            for frame in packet.decode():
                bad[index], some = 0, some or index == streams[0].index
                yield frame
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            bad[index] += 1
            failure = error if index == streams[0].index else failure
    if failure is not None and not some:
        raise failure


class SoundTrack:
    """Takes the frames of one audio stream and gives them as 16 kHz mono, in pieces of ten seconds.

    `declared_s` is how long the file says it is, `from_s` when the track begins beside the pictures of a video,
    and `gaps` whether one in its times is silence: beside pictures it is; a recording counts only what it has.
    """

    def __init__(
        self,
        av: Any,
        media_type: str,
        limits: DecodeLimits,
        declared_s: float = 0.0,
        from_s: float = 0.0,
        *,
        gaps: bool = False,
    ) -> None:
        self._av = av
        self._media_type = media_type
        self._declared_s, self._from_s = declared_s, from_s
        self._limits = limits
        self._resampler: Any = None
        self._shape: tuple[str, str, int] | None = None
        self._gaps = gaps
        self._origin: float | None = None
        self._heard_s = 0.0
        self._buffer = bytearray()
        self.samples = 0

    def take(self, frame: Any) -> Iterator[Sound]:
        """The next frame; the pieces that are full by now. Raises `MediaTooLarge` (`max_recording_s`)."""
        # A stream that changes its rate or channels half-way gets a new resampler.
        if self._shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            self._flush()
            self._resampler = self._av.AudioResampler(format="s16", layout="mono", rate=RATE)
            self._shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        yield from self._fill(frame)
        self._heard_s += frame.samples / frame.sample_rate
        frame.pts = None  # what a file says of time must not become sound
        self._keep(self._resampler.resample(frame))
        yield from self._full()

    def _fill(self, frame: Any) -> Iterator[Sound]:
        """Silence where a frame comes later than the sound before it ends, as what is seen goes on meanwhile."""
        if not self._gaps or frame.time is None:
            return
        if self._origin is None:
            self._origin = frame.time - self._heard_s
        gap = frame.time - self._origin - self._heard_s
        if gap < GAP_S:
            return
        if self._heard_s + gap > self._limits.max_recording_s:
            raise MediaTooLarge(f"the recording is longer than {self._limits.max_recording_s:,} s")
        self._heard_s += gap
        missing = round(gap * RATE)
        while missing:
            some = min(missing, CHUNK_BYTES // BYTES_A_SAMPLE)
            self._buffer += bytes(some * BYTES_A_SAMPLE)
            self.samples, missing = self.samples + some, missing - some
            yield from self._full()

    def _full(self) -> Iterator[Sound]:
        while len(self._buffer) >= CHUNK_BYTES:
            yield self._piece(CHUNK_BYTES)

    def finish(self) -> Iterator[Sound]:
        """What is left."""
        self._flush()
        while self._buffer:
            yield self._piece(CHUNK_BYTES)

    def _flush(self) -> None:
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))

    def _keep(self, frames: Sequence[Any]) -> None:
        for frame in frames:
            self._buffer += bytes(frame.planes[0])[: frame.samples * BYTES_A_SAMPLE]
            self.samples += frame.samples
        if self.samples > self._limits.max_recording_s * RATE:
            raise MediaTooLarge(f"the recording is longer than {self._limits.max_recording_s:,} s")

    def _piece(self, size: int) -> Sound:
        piece = Sound(self._media_type, bytes(self._buffer[:size]), self._declared_s, self._from_s)
        del self._buffer[:size]
        return piece
