"""Which frames of an animation show something of their own, and from when to when each of them can be seen.

By farthest-first traversal (Gonzalez, "Clustering to Minimize the Maximum Intercluster Distance", Theoretical Computer
Science 38, 1985): after the frame in the middle comes the one that is least like all that were taken, until the rest
looks like one of them. Frames that pass by must differ as scenes do, and those that stand still as a line of text does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from PIL import ImageChops

from workers.adapters.decoders.shots import Thumbnail, apart

PASSING = 32.0
"""Grey levels, on average, by which a frame must differ that passes by: a loop of one scene stays below, for the most
part. This and the next were measured, see docs/decisions/025."""
STANDING = 3.0
"""The same of a frame that stands still, in the part of it that differs most: another line of small text."""
PART = (16, 3)
"""Such a part, in points of a thumbnail: as wide and as high as some words."""
ALONE_S, STANDING_S = 0.25, 0.5
"""How long one frame, and several that look the same, must be shown to stand still. What moves slowly does not."""
FEW, FEW_ALONE_S = 8, 0.1
"""In an animation of so few frames each was made by itself, and a shorter time is enough: it comes again soon."""
ROUNDING_S = 1e-6
MOST = 24
"""Frames of one animation that are taken."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The frame of this number, which is shown until `end_s`. `visible`: not transparent everywhere."""

    number: int
    thumbnail: Thumbnail = field(repr=False)
    end_s: float
    visible: bool = True

    @property
    def start_s(self) -> float:
        """When it is shown."""
        return self.thumbnail.seconds

    @property
    def shows_something(self) -> bool:
        """Whether it is of more than one shade: a transparent one is all white."""
        return not self.thumbnail.is_blank


@dataclass(frozen=True, slots=True)
class Scene:
    """A frame that was taken, and the seconds around it in which what is shown looks like it."""

    moment: Moment
    start_s: float
    end_s: float


def scenes(moments: Sequence[Moment]) -> list[Scene]:
    """The distinct frames of an animation, in order of time; of one that shows nothing, the frame in its middle.

    `moments` are all of its frames, in order, at least one.
    """
    standing = _standing(moments)
    taken = [_foremost(moments, standing)]
    # How far each frame is from those that were taken, and which of them is the nearest; blank ones are like none.
    seen = [at for at, each in enumerate(moments) if each.shows_something]
    nearest = {at: (_gap(moments[at], moments[taken[0]], standing[at]), taken[0]) for at in seen}
    while nearest and len(taken) < MOST:
        farthest = max(nearest, key=lambda at: nearest[at][0])
        if nearest[farthest][0] < 1.0:
            break
        taken.append(farthest)
        for at in seen:
            nearest[at] = min(nearest[at], (_gap(moments[at], moments[farthest], standing[at]), farthest))
    owners = [nearest[at][1] if at in nearest else None for at in range(len(moments))]
    return [_scene(moments, owners, at) for at in sorted(taken)]


def foremost(moments: Sequence[Moment]) -> Moment:
    """The frame that stands for all of an animation."""
    return moments[_foremost(moments, _standing(moments))]


def _foremost(moments: Sequence[Moment], standing: Sequence[bool]) -> int:
    """The frame in the middle, as the first is often a title and the last faded out; or the nearest that is better."""
    middle = (len(moments) - 1) // 2
    ranked = sorted(range(len(moments)), key=lambda at: abs(at - middle))
    shown = [at for at in ranked if moments[at].shows_something]
    still = [at for at in shown if standing[at]]
    visible = [at for at in ranked if moments[at].visible]
    return (still or shown or visible or ranked)[0]


def _standing(moments: Sequence[Moment]) -> list[bool]:
    """Of each frame whether it, and those beside it that look the same, stand for long enough to be read."""
    alone_s = FEW_ALONE_S if len(moments) <= FEW else ALONE_S
    standing: list[bool] = []
    first = 0
    for at in range(1, len(moments) + 1):
        if at == len(moments) or _most_apart(moments[first].thumbnail, moments[at].thumbnail) >= STANDING:
            count, seconds = at - first, moments[at - 1].end_s - moments[first].start_s
            standing += [seconds >= (alone_s if count == 1 else STANDING_S) - ROUNDING_S] * count
            first = at
    return standing


def _gap(one: Moment, other: Moment, standing: bool) -> float:  # noqa: FBT001 - of `one`, which stands or passes
    """How far apart they are: from 1 on, they are distinct."""
    whole = apart(one.thumbnail, other.thumbnail) / PASSING
    return max(whole, _most_apart(one.thumbnail, other.thumbnail) / STANDING) if standing else whole


def _most_apart(one: Thumbnail, other: Thumbnail) -> float:
    """Mean absolute difference in grey levels of the part that differs most."""
    changes = ImageChops.difference(one.grey, other.grey).reduce(PART)
    return cast("tuple[int, int]", changes.getextrema())[1]


def _scene(moments: Sequence[Moment], owners: Sequence[int | None], at: int) -> Scene:
    """The frame with those before and after it that are nearest to it."""
    first = last = at
    while first > 0 and owners[first - 1] == at:
        first -= 1
    while last + 1 < len(moments) and owners[last + 1] == at:
        last += 1
    return Scene(moments[at], moments[first].start_s, moments[last].end_s)
