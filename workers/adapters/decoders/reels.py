"""A piece of a video: its packets as they are, in a container of the same kind.

Nothing is decoded, let alone encoded anew: it looks as the original does, and takes a moment. It begins at the last
frame before the place from which pictures can be decoded, which may be a few seconds early.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import RecordingFormat
from workers.adapters.decoders.results import Reel
from workers.errors import MediaTooLarge, NoSuchPlace


def cut_reel(
    av: Any, container: Any, pictures: Any, kind: RecordingFormat, span: tuple[float, float], limits: DecodeLimits
) -> Reel:
    """What is seen and heard within `span`, in seconds from the first picture of the stream `pictures`.

    Raises `NoSuchPlace` (the video is shorter), `MediaTooLarge` (what a reply holds), `MemoryError`, FFmpeg's errors.
    """
    streams = [pictures, *container.streams.audio[:1]]
    packets = _within(container.demux(*streams), pictures, *span)
    if not packets:
        raise NoSuchPlace(f"nothing is to be seen there: the video ends before {span[0]:g} s")
    if sum(packet.size for packet in packets) > limits.max_reply // 2:
        raise MediaTooLarge(f"this part of the video has more than {limits.max_reply // 2**21} MiB")
    out = io.BytesIO()
    with av.open(out, "w", format=kind.demuxer) as target:
        copies = {stream.index: target.add_stream_from_template(stream) for stream in streams}
        for packet in _from_zero(packets):
            packet.stream = copies[packet.stream.index]
            target.mux(packet)
    return Reel(kind.video_type, out.getvalue())


def _within(packets: Iterable[Any], pictures: Any, start_s: float, end_s: float) -> list[Any]:
    """The packets from the last key frame before `start_s`, or from the first one, to `end_s`, as the file has them.

    All of the file is gone through: sound may be stored before its pictures, or behind them.
    """
    seen: list[Any] = []
    heard: list[Any] = []
    origin: float | None = None
    reached = False
    for packet in packets:
        if packet.dts is None and packet.pts is None:  # the end of a stream, or damage
            continue
        if packet.stream.index != pictures.index:
            heard.append(packet)
            continue
        if origin is None and not packet.is_keyframe:
            continue
        origin = _seconds(packet) if origin is None else origin
        now = _seconds(packet) - origin
        if packet.is_keyframe and now <= start_s:
            seen.clear()
        reached = reached or now >= start_s
        if now <= end_s:
            seen.append(packet)
    if origin is None or not (reached and seen):
        return []
    begun = min(map(_seconds, seen))
    beside = [packet for packet in heard if begun <= _seconds(packet) <= origin + end_s]
    _set_order(seen)
    _set_order(beside)
    return sorted([*seen, *beside], key=lambda packet: float(packet.dts * packet.time_base))


def _set_order(packets: list[Any]) -> None:
    """Give the first packets of a Matroska file, which are not in order, the times of decoding that they lack."""
    following: int | None = None
    for packet in reversed(packets):
        if packet.dts is None:
            packet.dts = packet.pts if following is None else min(packet.pts, following - 1)
        following = packet.dts


def _seconds(packet: Any) -> float:
    return float((packet.dts if packet.pts is None else packet.pts) * packet.time_base)


def _from_zero(packets: list[Any]) -> Iterator[Any]:
    """The packets with times that begin at 0."""
    first = min(packet.dts * packet.time_base for packet in packets)
    for packet in packets:
        early = round(first / packet.time_base)
        packet.dts -= early
        if packet.pts is not None:
            packet.pts -= early
        yield packet
