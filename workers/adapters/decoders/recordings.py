"""Recordings through FFmpeg: any rate, depth and number of channels becomes 16 kHz mono, chunk by chunk.

Memory is that of one chunk, however long the recording is. Demuxer and codecs are named by the content's first bytes
and no others are tried. What a file says of its duration is not believed: what was decoded counts.
"""

import io
from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import RecordingFormat
from workers.adapters.decoders.results import Sound
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, UnknownMediaType

RATE = 16_000
BYTES_A_SAMPLE = 2
CHUNK_BYTES = 10 * RATE * BYTES_A_SAMPLE
"""Ten seconds: enough that frames cost nothing, little enough that a chunk takes a fraction of a second."""
MAX_CHANNELS = 64
"""What FFmpeg's resampler mixes at most."""
BAD_PACKETS = 1_000
"""Packets in a row that do not decode, before the rest is given up: half a minute of MP3."""


def decode_recording(data: bytes, kind: RecordingFormat, limits: DecodeLimits) -> Iterator[Sound]:
    """The sound of the first audio stream in `data`: 16 kHz mono, signed 16 bits, in pieces of ten seconds or less.

    Packets that do not decode are left out, and a recording that ends too early is taken as far as it goes. Raises
    `DamagedMedia` (nothing decodes), `EmptyMedia` (no sample), `MediaTooLarge` (`max_recording_s`, `max_sample_rate`,
    `max_streams`), `UnknownMediaType` (a video, or no sound) and `MemoryError`.
    """
    import av  # noqa: PLC0415 - takes 100 ms and 100 MiB of addresses, which texts and pictures do not need

    try:
        with _open(av, data, kind) as container:
            stream = _audio_stream(container, kind, limits)
            yield from _chunks(_resampled(av, container, stream), kind, limits)
    except MemoryError:  # FFmpeg's own is one of both kinds
        raise
    except av.error.FFmpegError as error:
        raise DamagedMedia(f"a recording ({kind.name}) that cannot be decoded: {error.strerror}") from error


def _open(av: Any, data: bytes, kind: RecordingFormat) -> Any:
    av.logging.set_level(None)
    return av.open(
        io.BytesIO(data), format=kind.demuxer, options={"codec_whitelist": kind.codecs}, metadata_errors="replace"
    )


def _audio_stream(container: Any, kind: RecordingFormat, limits: DecodeLimits) -> Any:
    """The stream to decode, after everything about it that is declared was checked."""
    if len(container.streams) > limits.max_streams:
        raise MediaTooLarge(
            f"the recording has {len(container.streams)} streams; at most {limits.max_streams} are read"
        )
    if any(not _is_cover(stream) for stream in container.streams.video):
        raise UnknownMediaType(f"this is a video ({kind.name}; not supported yet)")
    if not container.streams.audio:
        raise UnknownMediaType(f"this {kind.name} file holds no sound")
    stream = container.streams.audio[0]
    if stream.codec_context is None or stream.codec_context.name not in kind.codecs.split(","):
        raise UnknownMediaType(f"the sound in this {kind.name} file is in a codec that is not decoded")
    if stream.rate and stream.rate > limits.max_sample_rate:
        raise MediaTooLarge(
            f"the recording has {stream.rate:,} samples a second; at most {limits.max_sample_rate:,} are decoded"
        )
    if stream.channels > MAX_CHANNELS:
        raise MediaTooLarge(f"the recording has {stream.channels:,} channels; at most {MAX_CHANNELS} are decoded")
    stream.codec_context.thread_count = 1
    return stream


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & stream.disposition.attached_pic)


def _frames(av: Any, container: Any, stream: Any) -> Iterator[Any]:
    """Every frame that decodes. A demuxer that fails after the first of them has come to the end of what there is."""
    bad, some, failure = 0, False, None
    packets = container.demux(stream)
    while bad < BAD_PACKETS:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError as error:
            failure = error
            break
        try:
            for frame in packet.decode():
                bad, some = 0, True
                yield frame
        except MemoryError:
            raise
        except av.error.FFmpegError as error:
            bad, failure = bad + 1, error
    if failure is not None and not some:
        raise failure


def _resampled(av: Any, container: Any, stream: Any) -> Iterator[bytes]:
    """Pieces of 16 kHz mono. A stream that changes its rate or channels half-way gets a new resampler."""
    resampler: Any = None
    shape: tuple[str, str, int] | None = None
    for frame in _frames(av, container, stream):
        if shape != (frame.format.name, frame.layout.name, frame.sample_rate):
            yield from _flushed(resampler)
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        frame.pts = None  # gaps and jumps in what a file says of time must not become sound
        yield from map(_samples, resampler.resample(frame))
    yield from _flushed(resampler)


def _flushed(resampler: Any) -> Iterator[bytes]:
    if resampler is not None:
        yield from map(_samples, resampler.resample(None))


def _samples(frame: Any) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * BYTES_A_SAMPLE]


def _chunks(pieces: Iterator[bytes], kind: RecordingFormat, limits: DecodeLimits) -> Iterator[Sound]:
    buffer, total = bytearray(), 0
    for piece in pieces:
        total += len(piece)
        if total > limits.max_recording_s * RATE * BYTES_A_SAMPLE:
            raise MediaTooLarge(f"the recording is longer than {limits.max_recording_s:,} s")
        buffer += piece
        while len(buffer) >= CHUNK_BYTES:
            yield Sound(kind.media_type, bytes(buffer[:CHUNK_BYTES]))
            del buffer[:CHUNK_BYTES]
    if not total:
        raise EmptyMedia(f"the recording ({kind.name}) holds no sound")
    if buffer:
        yield Sound(kind.media_type, bytes(buffer))
