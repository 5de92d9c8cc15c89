"""Where one shot of a video ends and the next begins, by its pictures, frame by frame and in constant memory.

A cut is a frame that differs from the one before it far more than its neighbours do from theirs: so the threshold
adapts to motion, as in Yeo and Liu, "Rapid Scene Analysis on Compressed Video" (IEEE Transactions on Circuits and
Systems for Video Technology 5(6), 1995). A photographer's flash is two such frames, and so no cut. Fades and
dissolves change little from frame to frame; for them, pictures a second apart are compared in the same way, also as
there. Two distances for two kinds of change are the idea of Zhang, Kankanhalli and Smoliar, "Automatic Partitioning
of Full-Motion Video" (Multimedia Systems 1(1), 1993).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import mul
from statistics import median
from typing import cast

from PIL import Image, ImageChops

SIZE = (64, 36)
"""Width and height of the grey pictures that are compared: noise and small motion are averaged out."""
LEVELS = range(256)
BLANK = 32
"""Grey levels between the darkest and the lightest point of a picture that shows nothing."""

NEAR_S, NEAR_FRAMES = 0.5, 2
"""A cut is compared with the frames this near to it, and with so many on either side at least."""
CUT_FLOOR, CUT_RATIO, LIVELY_RATIO = 4.0, 2.5, 1.5
"""Least difference of a cut, in grey levels, and how many times the largest one on its quieter and its livelier side.

Measured in `benchmarks/cuts.py`; see docs/decisions/017.
"""

SAMPLE_S = 0.125
"""Seconds between the pictures that gradual changes are looked for in."""
COARSER = 4
"""Times that these are smaller still: in a second the camera moves further than from frame to frame."""
LAG = 8
"""Samples between two that are compared: a second, about as long as a fade."""
BESIDE, AROUND = 6, 3 * LAG
"""From how many samples on and up to how many, on either side, a gradual change is compared with those of its shot."""
GRADUAL_FLOOR, GRADUAL_RATIO = 30.0, 1.4
"""The same of a gradual change, beside the median of those around it. A cat that lifts its head reaches 29."""
SPARSE_S = 2 * SAMPLE_S
"""Frames that are further apart than this have no gradual changes: slides, time lapses."""
SHORTEST_S = 1.0
"""Between two boundaries: what is shorter nobody takes in."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A frame at `seconds`, as a grey picture of `SIZE`."""

    seconds: float
    grey: Image.Image

    @property
    def is_blank(self) -> bool:
        """Whether all of it is one shade, as in the middle of a fade."""
        darkest, lightest = cast("tuple[int, int]", self.grey.getextrema())
        return lightest - darkest < BLANK


def thumbnail(seconds: float, grey: bytes) -> Thumbnail:
    """The thumbnail with these pixels, `SIZE[0] * SIZE[1]` bytes by rows."""
    return Thumbnail(seconds, Image.frombytes("L", SIZE, grey))


def apart(one: Thumbnail, other: Thumbnail) -> float:
    """Mean absolute difference in grey levels, 0 to 255."""
    changes = ImageChops.difference(one.grey, other.grey)
    return sum(map(mul, LEVELS, changes.histogram())) / (changes.width * changes.height)


@dataclass(frozen=True, slots=True)
class _Step:
    """How much a picture differs from an earlier one: the one before it, or that a second before."""

    seconds: float
    change: float


class ShotDetector:
    """Tells the boundaries between shots while the frames are shown to it in order of time."""

    def __init__(self) -> None:
        self._before: Thumbnail | None = None
        self._near: deque[_Step] = deque()
        self._tried = 0
        self._samples: deque[Thumbnail] = deque(maxlen=LAG + 1)
        self._slow: deque[_Step] = deque(maxlen=2 * AROUND + 1)
        self._cuts: deque[float] = deque(maxlen=64)
        self._blanks: deque[float] = deque(maxlen=4 * AROUND)
        self._found: list[float] = []
        self._last = 0.0

    def see(self, frame: Thumbnail) -> Iterator[float]:
        """The boundaries, in seconds, that are certain now. A boundary is where the later shot begins."""
        if self._before is None:
            self._last = frame.seconds
        else:
            self._near.append(_Step(frame.seconds, apart(self._before, frame)))
            self._look_for_cuts(frame.seconds)
        self._before = frame
        self._sample(frame)
        yield from self._ripe(self.settled)

    @property
    def settled(self) -> float:
        """Seconds up to which every boundary has been told: those after it may still come.

        The boundary of a fade is in the blank of it, which may be a second before its step.
        """
        waiting = [self._before.seconds] if self._before is not None else [0.0]
        if self._tried < len(self._near):
            waiting.append(self._near[self._tried].seconds)
        if self._slow:
            waiting.append(self._slow[max(0, len(self._slow) - AROUND)].seconds - SAMPLE_S * LAG)
        elif self._samples:
            waiting.append(self._samples[0].seconds - SAMPLE_S * LAG)
        return min(waiting)

    def finish(self) -> Iterator[float]:
        """The boundaries that only the end of the video makes certain."""
        self._look_for_cuts(float("inf"))
        self._end_samples()
        yield from self._ripe(float("inf"))

    def _look_for_cuts(self, now: float) -> None:
        """Judge every frame that has all its neighbours by now."""
        while self._tried < len(self._near):
            step = self._near[self._tried]
            after = len(self._near) - self._tried - 1
            if now < step.seconds + NEAR_S or (after < NEAR_FRAMES and now != float("inf")):
                return
            quieter, livelier = sorted(self._largest_near(self._tried))
            if step.change >= max(CUT_FLOOR, CUT_RATIO * quieter, LIVELY_RATIO * livelier):
                self._cuts.append(step.seconds)
                self._found.append(step.seconds)
            self._tried += 1
            while self._tried > NEAR_FRAMES and self._near[0].seconds < step.seconds - NEAR_S:
                self._near.popleft()
                self._tried -= 1

    def _largest_near(self, at: int) -> tuple[float, float]:
        """The largest change shortly before this one, and shortly after it."""
        largest, seconds = [0.0, 0.0], self._near[at].seconds
        for n, step in enumerate(self._near):
            if n != at and (abs(step.seconds - seconds) <= NEAR_S or abs(n - at) <= NEAR_FRAMES):
                largest[n > at] = max(largest[n > at], step.change)
        return largest[0], largest[1]

    def _sample(self, frame: Thumbnail) -> None:
        since = frame.seconds - self._samples[-1].seconds if self._samples else SAMPLE_S
        if since > SPARSE_S:
            self._end_samples()
        if since >= SAMPLE_S:
            sample = replace(frame, grey=frame.grey.reduce(COARSER))
            self._samples.append(sample)
            if frame.is_blank:
                self._blanks.append(frame.seconds)
            self._look_for_gradual(sample)

    def _end_samples(self) -> None:
        """Judge what waits for samples that will not come, and begin anew."""
        for _ in range(AROUND if self._slow else 0):
            self._slow.append(_Step(float("inf"), 0.0))  # nobody is compared with it
            self._judge_gradual()
        self._slow.clear()
        self._samples.clear()

    def _look_for_gradual(self, sample: Thumbnail) -> None:
        if len(self._samples) > LAG:
            earlier = self._samples[0]
            middle = (earlier.seconds + sample.seconds) / 2
            self._slow.append(_Step(middle, apart(earlier, sample)))
            self._judge_gradual()

    def _judge_gradual(self) -> None:
        """Judge the sample in the middle of those that are kept."""
        if len(self._slow) <= AROUND:
            return
        at = len(self._slow) - 1 - AROUND
        step = self._slow[at]
        before = max((cut for cut in self._cuts if cut <= step.seconds), default=float("-inf"))
        after = min((cut for cut in self._cuts if cut > step.seconds), default=float("inf"))
        # Half of the lag, and a sample: what is nearer to a cut compares pictures on both sides of it.
        half = SAMPLE_S * (LAG / 2 + 1)
        same = {n: s.change for n, s in enumerate(self._slow) if before + half < s.seconds < after - half}
        around = [change for n, change in same.items() if abs(n - at) >= BESIDE]
        if at not in same or len(around) < LAG / 2:
            return
        # A flash changes one sample; a fade, several in a row.
        lasting = min(same.get(n, step.change) for n in (at - 1, at, at + 1))
        is_peak = all(step.change >= change for n, change in same.items() if abs(n - at) <= LAG)
        if is_peak and lasting >= max(GRADUAL_FLOOR, GRADUAL_RATIO * median(around)):
            # A fade is over the blank: there the one shot ends and the other begins.
            blanks = [blank for blank in self._blanks if abs(blank - step.seconds) <= SAMPLE_S * LAG]
            self._found.append(blanks[-1] if blanks else step.seconds)

    def _ripe(self, until: float) -> Iterator[float]:
        """The boundaries up to `until`, in order, without those that would make a shot too short."""
        ripe: Sequence[float] = sorted(found for found in self._found if found <= until)
        self._found = [found for found in self._found if found > until]
        for found in ripe:
            if found - self._last >= SHORTEST_S:
                self._last = found
                yield found
