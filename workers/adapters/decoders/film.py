"""From the frames of a video to its shots, each with the picture that stands for it.

A shot that goes on for long comes in pieces, so that a citation leads to seconds and not to an hour. Frames are kept
until it is certain to which shot they belong: a handful, however long the video is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image, ImageFilter, ImageStat
from PIL.Image import Resampling, Transpose

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import KeyFrame, Shot
from workers.adapters.decoders.shots import SIZE, ShotDetector, Thumbnail, thumbnail
from workers.errors import MediaTooLarge

LONGEST_S = 20.0
"""Of a piece of a shot: what is said in it fits into one passage, as that of a recording does."""
CANDIDATE_S = 0.5
"""Seconds between two frames of which one may become the key frame."""
EDGE_S = 0.5
"""From the ends of a shot, where a fade may still be going on; only a frame beyond it is taken, if there is one."""
BRIEFEST_S = 0.002
"""Of a piece: times are told in thousandths, and none may be empty or go back."""
DENSEST_S = 1 / 60
"""Between two frames that are looked at."""
USUAL_RATE, RATES = 25.0, (1.0, 60.0)
"""Frames a second where a file tells no times: what it says of its rate, within these."""
BEHIND_S = 1.0
"""By which a time may be behind the one before it, and is still by the same clock."""
SHARPNESS_SIZE = (320, 180)
WIDEST_PIXEL = 4.0
"""Width of a pixel to its height, or the other way round; what is beyond is taken for damage."""

UPRIGHT: Final = {90: Transpose.ROTATE_90, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_270}
"""Degrees counter-clockwise -> what turns a picture so."""


@dataclass(slots=True)
class _Clock:
    """Times that never go back, whatever a file says; a frame without one comes a frame's time after the last."""

    tick_s: float
    origin: float | None = None
    now: float = 0.0

    def of(self, seconds: float | None) -> float:
        """When a frame is shown that the file wants shown at `seconds`; the first one at 0."""
        if self.origin is None:
            self.origin = seconds if seconds is not None else 0.0
            return self.now
        told = seconds - self.origin if seconds is not None else self.now
        if told <= self.now:
            behind, told = self.now - told, self.now + self.tick_s
            # Pictures in another order than they are shown in catch up: only what stays behind is another clock.
            if seconds is not None and behind > BEHIND_S:
                self.origin = seconds - told
        self.now = told
        return told


@dataclass(frozen=True, slots=True)
class _Candidate:
    seconds: float
    sharpness: float
    frame: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is sent of a candidate."""

    of: _Candidate
    blank: bool
    frame: KeyFrame
    to_read: KeyFrame | None


class Film:
    """Takes the frames of one video, in order, and gives its shots as soon as they are certain."""

    def __init__(self, av: Any, stream: Any, media_type: str, limits: DecodeLimits, declared_s: float = 0.0) -> None:
        self._scaler = av.video.reformatter.VideoReformatter()
        self._media_type = media_type
        self._limits = limits
        self._declared_s = declared_s
        rate = float(stream.average_rate or USUAL_RATE)
        self._tick_s = 1 / min(max(rate, RATES[0]), RATES[1])
        self._clock = _Clock(self._tick_s)
        self._pixel = _pixel_ratio(stream)
        self._detector = ShotDetector()
        self._candidates: list[_Candidate] = []
        self._best: _Candidate | None = None
        self._shown: _Shown | None = None
        self._start, self._number = 0.0, 0
        self._seen: float | None = None

    @property
    def seconds(self) -> float:
        """How much of the video was seen."""
        return self._clock.now

    def see(self, frame: Any) -> Iterator[Shot]:
        """The next frame; the shots, or pieces of one, that end before it. Raises `MediaTooLarge`."""
        now = self._clock.of(frame.time)
        if now > self._limits.max_recording_s:
            raise MediaTooLarge(f"the video is longer than {self._limits.max_recording_s:,} s")
        if self._seen is not None and now - self._seen < DENSEST_S:
            return
        self._seen = now
        boundaries = list(self._detector.see(self._thumbnail(now, frame)))
        if not self._candidates or now - self._candidates[-1].seconds >= CANDIDATE_S:
            self._candidates.append(_Candidate(now, self._sharpness(frame), frame))
        yield from self._closed(boundaries)
        self._forget()

    def finish(self) -> Iterator[Shot]:
        """The shots that the end of the video ends. None where there was no frame."""
        if self._seen is None:
            return
        yield from self._closed(list(self._detector.finish()))
        end = self._clock.now + self._tick_s
        while end - self._start > LONGEST_S:
            yield self._piece(self._start + LONGEST_S)
        yield self._piece(end)

    def _closed(self, boundaries: list[float]) -> Iterator[Shot]:
        for boundary in [*boundaries, None]:
            until = self._detector.settled if boundary is None else boundary
            while until - self._start > LONGEST_S:
                yield self._piece(self._start + LONGEST_S)
            if boundary is not None:
                if boundary - self._start >= BRIEFEST_S:
                    yield self._piece(boundary)
                self._number += 1

    def _piece(self, end: float) -> Shot:
        """The shot, or the piece of it, that began last and ends here."""
        own = [each for each in self._candidates if each.seconds < end]
        self._candidates = self._candidates[len(own) :]
        inner = [each for each in own if self._start + EDGE_S <= each.seconds <= end - EDGE_S]
        # None of its own: the last frame is still shown.
        chosen = max(inner or own, key=lambda each: each.sharpness, default=self._best)
        assert chosen is not None, "the first frame is a candidate"
        self._best = chosen
        start, self._start = self._start, end
        if self._shown is None or self._shown.of is not chosen:
            self._shown = self._show(chosen)
        return Shot(
            media_type=self._media_type,
            number=self._number,
            start_s=round(start, 3),
            end_s=round(end, 3),
            frame_s=round(chosen.seconds, 3),
            blank=self._shown.blank,
            frame=self._shown.frame,
            to_read=self._shown.to_read,
            declared_s=self._declared_s,
        )

    def _show(self, chosen: _Candidate) -> "_Shown":
        """What is sent of the frame; kept, as it may stand for many pieces in which nothing else is shown."""
        picture = self._picture(chosen.frame)
        small = picture.resize(_within(picture.size, self._limits.picture_side), Resampling.BICUBIC, reducing_gap=2.0)
        return _Shown(
            of=chosen,
            blank=self._thumbnail(chosen.seconds, chosen.frame).is_blank,
            frame=KeyFrame(small.tobytes(), small.size),
            to_read=KeyFrame(picture.tobytes(), picture.size) if picture.size != small.size else None,
        )

    def _forget(self) -> None:
        """Of the candidates that are certain to be in this piece, and not at an end of it, keep the best."""
        until = min(self._detector.settled, self._start + LONGEST_S) - EDGE_S
        sure = [each for each in self._candidates[:-1] if self._start + EDGE_S <= each.seconds <= until]
        if len(sure) > 1:
            best = max(sure, key=lambda each: each.sharpness)
            self._candidates = [each for each in self._candidates if each is best or each not in sure]

    def _thumbnail(self, seconds: float, frame: Any) -> Thumbnail:
        return thumbnail(seconds, self._grey(frame, SIZE).tobytes())

    def _sharpness(self, frame: Any) -> float:
        """Variance of the Laplacian (Pech-Pacheco et al., "Diatom Autofocusing in Brightfield Microscopy", ICPR 2000).

        In grey levels squared, of the frame at `SHARPNESS_SIZE`.
        """
        edges = self._grey(frame, SHARPNESS_SIZE).filter(ImageFilter.FIND_EDGES)
        return float(ImageStat.Stat(edges).var[0])

    def _grey(self, frame: Any, size: tuple[int, int]) -> Image.Image:
        return self._scaled(frame, size, "gray", "L", "FAST_BILINEAR")

    def _picture(self, frame: Any) -> Image.Image:
        """The frame as it is meant to be seen: with square pixels, upright, and within the side that is read."""
        shape = round(frame.width * max(1.0, self._pixel)), round(frame.height * max(1.0, 1 / self._pixel))
        picture = self._scaled(frame, _within(shape, self._limits.reading_side), "rgb24", "RGB", "BICUBIC")
        turn = UPRIGHT.get(round(frame.rotation) % 360)
        return picture if turn is None else picture.transpose(turn)

    def _scaled(self, frame: Any, size: tuple[int, int], format_: str, mode: str, interpolation: str) -> Image.Image:
        scaled = self._scaler.reformat(
            frame, width=size[0], height=size[1], format=format_, interpolation=interpolation, threads=1
        )
        plane = scaled.planes[0]
        return Image.frombytes(mode, size, bytes(plane), "raw", mode, plane.line_size)


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _pixel_ratio(stream: Any) -> float:
    """Width of a pixel to its height."""
    told = float(stream.sample_aspect_ratio or 1)
    return told if 1 / WIDEST_PIXEL <= told <= WIDEST_PIXEL else 1.0
