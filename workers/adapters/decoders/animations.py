"""Animations: pictures of several frames, shown one after the other, are short videos without sound.

They are gone through twice: once for thumbnails of all frames, which tell those that show something of their own, and
once for these, one at a time. An animation in which nothing changes is a picture.
"""

import io
from collections.abc import Iterator

from PIL import Image
from PIL.Image import Resampling

from workers.adapters.decoders.distinct import Moment, Scene, foremost, scenes
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pictures import decode_picture, eight_bit, opened, scaled, telling_damage, upright
from workers.adapters.decoders.results import KeyFrame, Picture, Shot
from workers.adapters.decoders.shots import SIZE, thumbnail
from workers.adapters.decoders.signatures import PictureFormat
from workers.errors import NoSuchPlace

SHORTEST_S, USUAL_S = 0.010, 0.100
"""Frames for which a file asks no more than the first are shown for the second by all browsers (Chromium's
`BitmapImage`, which follows Firefox)."""
DIGITS = 3
"""Of seconds: they are told in thousandths."""
MOST_FRAMES = 3_000
"""That are gone through: 7 MB of thumbnails, and some seconds."""


def decode_moving(data: bytes, kind: PictureFormat, limits: DecodeLimits) -> Picture | Iterator[Shot]:
    """The distinct frames of the animation in `data` as shots, or a picture where there is only one.

    Frames for which more than `max_pixels` would have to be decoded, or that come after `max_recording_s`, are not
    waited for; what is damaged ends the animation before it. Raises what `decode_picture` raises.
    """
    moments = _moments(data, kind, limits)
    found = scenes(moments) if moments else []
    if len(found) < 2:
        return decode_picture(data, kind, limits, found[0].moment.number if found else 0)
    return _shots(data, kind, limits, found, moments[-1].end_s)


def frame_shown(data: bytes, kind: PictureFormat, span: tuple[float, float] | None, limits: DecodeLimits) -> Picture:
    """The frame that a citation of these seconds means, or without any the one that stands for the animation.

    That is the distinct frame whose seconds they are, or else what is shown when they begin. Raises `NoSuchPlace`, and
    what `decode_picture` raises.
    """
    moments = _moments(data, kind, limits)
    if span is None:
        return decode_picture(data, kind, limits, foremost(moments).number if moments else 0)
    if not moments:
        raise NoSuchPlace("this picture does not move, so there are no seconds in it")
    start_s, end_s = (round(each, DIGITS) for each in span)
    shown = next((each for each in moments if each.end_s > start_s), None)
    if shown is None:
        raise NoSuchPlace(f"nothing is to be seen there: the animation ends after {moments[-1].end_s:g} s")
    cited = next((each.moment for each in scenes(moments) if (each.start_s, each.end_s) == (start_s, end_s)), shown)
    return decode_picture(data, kind, limits, cited.number)


def _moments(data: bytes, kind: PictureFormat, limits: DecodeLimits) -> list[Moment]:
    """The frames of the animation, as far as they can be decoded and are waited for; none where the first cannot."""
    with telling_damage(kind):
        image = opened(io.BytesIO(data), kind, limits)
    # An APNG may begin with a picture for programs that show no animations, which is no part of it.
    first = 1 if getattr(image, "default_image", False) else 0
    return list(_walked(image, first, limits))


def _walked(image: Image.Image, first: int, limits: DecodeLimits) -> Iterator[Moment]:
    now, pixels = 0.0, 0
    for number in range(first, MOST_FRAMES):
        try:
            image.seek(number)
            pixels += image.width * image.height if number > first else 0  # a GIF may grow from frame to frame
            if pixels > limits.max_pixels:
                return
            grey, visible = _glanced(image)
        except Exception as error:  # the end of it, or see telling_damage: what is damaged here may begin well
            if isinstance(error, MemoryError) and number == first:
                raise
            return
        end = min(round(now + _shown_s(image), DIGITS), limits.max_recording_s)
        yield Moment(number, thumbnail(now, grey), end, visible)
        if end >= limits.max_recording_s:
            return
        now = end


def _glanced(image: Image.Image) -> tuple[bytes, bool]:
    """The frame as grey pixels of `SIZE`, on white, and whether anything of it is visible."""
    image.load()
    whole = eight_bit(image)
    visible = whole.mode == "RGB" or whole.getchannel("A").getbbox() is not None
    small = whole.resize(SIZE, Resampling.BILINEAR, reducing_gap=1.0)
    if small.mode == "RGBA":
        canvas = Image.new("RGB", SIZE, "white")
        canvas.paste(small, mask=small.getchannel("A"))
        small = canvas
    return small.convert("L").tobytes(), visible


def _shown_s(image: Image.Image) -> float:
    """How long the frame that `image` stands at is shown."""
    seconds = float(image.info.get("duration") or 0.0) / 1000
    return seconds if seconds > SHORTEST_S else USUAL_S


def _shots(
    data: bytes, kind: PictureFormat, limits: DecodeLimits, found: list[Scene], declared_s: float
) -> Iterator[Shot]:
    """One full frame at a time, in order of time."""
    with telling_damage(kind):
        image = opened(io.BytesIO(data), kind, limits)
        for number, scene in enumerate(found):
            image.seek(scene.moment.number)
            large = upright(image, kind, limits.reading_side)
            small = _smaller(large, limits.picture_side)
            yield Shot(
                media_type=kind.media_type,
                number=number,
                start_s=scene.start_s,
                end_s=scene.end_s,
                frame_s=scene.moment.start_s,
                blank=False,
                frame=small,
                to_read=KeyFrame(large.pixels, large.size) if large.size != small.size else None,
                declared_s=declared_s,
            )


def _smaller(picture: Picture, side: int) -> KeyFrame:
    size = scaled(picture.size, side)
    if size == picture.size:
        return KeyFrame(picture.pixels, size)
    large = Image.frombytes("RGB", picture.size, picture.pixels)
    return KeyFrame(large.resize(size, Resampling.BICUBIC, reducing_gap=2.0).tobytes(), size)
