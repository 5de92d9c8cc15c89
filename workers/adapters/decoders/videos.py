"""Recordings and videos through FFmpeg, as a stream: the sound, and the shots with their key frames, as they come.

Which of the two a file is, its streams tell: a recording may have a cover, and an MP4 file may hold sound alone. Memory
is that of a few frames, however long the video is.
"""

from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.film import Film
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import RecordingFormat
from workers.adapters.decoders.recordings import (
    SoundTrack,
    audio_stream,
    declared_s,
    decoded_frames,
    open_container,
    sound_of,
)
from workers.adapters.decoders.results import Alive, Part
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, UnknownMediaType

THREADS = 2
"""Of the decoder of pictures. More would want more memory, each for a frame, and more cores than a worker has."""
ALIVE_S, ALIVE_FRAMES = 10.0, 60
"""Of a video without a shot or a piece of sound, until the worker is told that it goes on."""
BESIDE_S = 60.0
"""Between the begin of pictures and sound; what is beyond is taken for damage, and both begin together."""


def decode_recording(data: bytes, kind: RecordingFormat, limits: DecodeLimits) -> Iterator[Part]:
    """The sound in `data`, and the shots where it is a video, in order of time.

    Packets that do not decode are left out, and what ends too early is taken as far as it goes. Raises `DamagedMedia`
    (nothing decodes), `EmptyMedia` (no sample of a recording, no frame of a video), `MediaTooLarge`
    (`max_recording_s`, `max_sample_rate`, `max_streams`, `max_frame_pixels`, `max_frames`), `UnknownMediaType` (neither
    sound nor pictures, or in a codec that is not decoded) and `MemoryError`.
    """
    import av  # noqa: PLC0415 - takes 100 ms and 100 MiB of addresses, which texts and pictures do not need

    video = False
    try:
        with open_container(av, data, kind, limits) as container:
            pictures = [stream for stream in container.streams.video if not is_cover(stream)]
            video = bool(pictures)
            if kind.pictures and not (pictures or container.streams.audio):
                raise UnknownMediaType(f"this {kind.name} file holds neither pictures nor sound")
            if video:
                yield from _video(av, container, pictures[0], kind, limits)
            else:
                yield from sound_of(av, container, kind, limits)
    except MemoryError:  # FFmpeg's own is one of both kinds
        raise
    except av.error.FFmpegError as error:
        what = "video" if video else "recording or video" if kind.pictures else "recording"
        raise DamagedMedia(f"a {what} ({kind.name}) that cannot be decoded: {error.strerror}") from error


def _video(av: Any, container: Any, stream: Any, kind: RecordingFormat, limits: DecodeLimits) -> Iterator[Part]:
    _check(stream, kind, limits)
    sound = _sound_track(av, container, stream, kind, limits)
    declared = declared_s(av, container)
    film = Film(av, stream, kind.video_type, limits, declared)
    tracks = [stream] if sound is None else [stream, container.streams.audio[0]]
    frames, told_s, told_frames = 0, 0.0, 0
    for frame in decoded_frames(av, container, tracks):
        if isinstance(frame, av.audio.frame.AudioFrame):
            parts: Iterator[Part] = iter(()) if sound is None else sound.take(frame)
        else:
            frames += 1
            _check_frame(frame, frames, limits)
            parts = film.see(frame)
        told = False
        for part in parts:  # one after the other: after a gap of hours there are many
            told = True
            yield part
        if not told and (film.seconds - told_s >= ALIVE_S or frames - told_frames >= ALIVE_FRAMES):
            told = True
            yield Alive(kind.video_type, film.seconds, declared)
        if told:
            told_s, told_frames = film.seconds, frames
    if not frames:
        raise EmptyMedia(f"the video ({kind.name}) holds no picture")
    yield from film.finish()
    if sound is not None:
        yield from sound.finish()


def _check(stream: Any, kind: RecordingFormat, limits: DecodeLimits) -> None:
    """Refuse what is declared to be beyond the limits, and set up the decoder."""
    context = stream.codec_context
    if context is None or context.name not in kind.pictures.split(","):
        raise UnknownMediaType(f"the pictures of this {kind.name} file are in a codec that is not decoded")
    _check_size(context.width, context.height, limits)
    context.thread_count, context.thread_type = THREADS, "FRAME"
    # Frames that no other is made from are half of most videos. Without them a cut is seen one frame late.
    context.skip_frame = "NONREF"
    context.options = {"max_pixels": str(limits.max_frame_pixels)}


def _check_frame(frame: Any, number: int, limits: DecodeLimits) -> None:
    _check_size(frame.width, frame.height, limits)
    if number > limits.max_frames:
        raise MediaTooLarge(f"the video has more than {limits.max_frames:,} frames")


def _check_size(width: int, height: int, limits: DecodeLimits) -> None:
    if width * height > limits.max_frame_pixels:
        raise MediaTooLarge(
            f"the video has {width:,} x {height:,} pixels; at most {limits.max_frame_pixels:,} are decoded"
        )


def _sound_track(
    av: Any, container: Any, stream: Any, kind: RecordingFormat, limits: DecodeLimits
) -> SoundTrack | None:
    """The sound beside the pictures of `stream`; None where there is none, or none that can be decoded."""
    try:
        audio = audio_stream(container, kind, limits)
    except UnknownMediaType:
        return None
    return SoundTrack(av, kind.video_type, limits, declared_s(av, container), _later(audio, stream), gaps=True)


def _later(audio: Any, picture: Any) -> float:
    """Seconds by which the sound begins after the pictures."""
    if audio.start_time is None or picture.start_time is None:
        return 0.0
    later = float(audio.start_time * audio.time_base - picture.start_time * picture.time_base)
    return round(later, 3) if abs(later) <= BESIDE_S else 0.0


def is_cover(stream: Any) -> bool:
    """Whether it is the picture of a recording's cover."""
    return bool(stream.disposition & stream.disposition.attached_pic)
