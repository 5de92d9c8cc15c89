"""Pictures through Pillow: any mode, depth and orientation becomes upright 8-bit RGB of a limited size.

A codec is chosen by the content's first bytes and no other is tried, so that hostile bytes reach as little code as
possible. Which frames of an animation are taken, `animations` decides.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final, cast

from PIL import Image, UnidentifiedImageError
from PIL.Image import Resampling, Transpose

from workers.adapters.decoders.exif import taken_of
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import WHOLE, Box, Picture
from workers.adapters.decoders.signatures import PictureFormat
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge

ORIENTATION_TAG = 0x0112
"""EXIF 2.32, section 4.6.4: which way up the picture is to be shown."""

UPRIGHT: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
SIDEWAYS = frozenset({5, 6, 7, 8})


def _load_heif() -> None:
    import pillow_heif  # noqa: PLC0415 - costs 50 ms and 30 MB

    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)


def _load_avif() -> None:
    import_module("PIL.AvifImagePlugin")


LATE_CODECS: Final = {"HEIF": _load_heif, "AVIF": _load_avif}
"""Codecs that are loaded when the first picture needs them."""


def load_codecs() -> None:
    """Import Pillow's codecs for the formats that are decoded, and no others; those of HEIF and AVIF when needed."""
    for codec in ("Jpeg", "Png", "WebP", "Gif", "Bmp", "Tiff"):
        import_module(f"PIL.{codec}ImagePlugin")
    Image.MAX_IMAGE_PIXELS = None  # `opened` refuses by our own limit, with our own sentence


def decode_picture(data: bytes | io.BytesIO, kind: PictureFormat, limits: DecodeLimits, number: int = 0) -> Picture:
    """The picture in `data`, upright, transparency cropped and composited on white; of an animation that frame.

    Raises `DamagedMedia`, `MediaTooLarge` (more than `max_pixels`), `EmptyMedia` (nothing in it is visible) and
    `MemoryError`.
    """
    with telling_damage(kind):
        image = opened(io.BytesIO(data) if isinstance(data, bytes) else data, kind, limits)
        if number:
            image.seek(number)
        return upright(image, kind, limits.picture_side)


@contextmanager
def telling_damage(kind: PictureFormat) -> Iterator[None]:
    """Whatever a codec raises becomes `DamagedMedia`, but for our own refusals and `MemoryError`."""
    try:
        yield
    except (MediaTooLarge, EmptyMedia, MemoryError):
        raise
    except Exception as error:  # Pillow documents no base of what damaged content makes its codecs raise
        raise DamagedMedia(f"a picture in {kind.codec} that cannot be decoded: {_reason(error)}") from error


def upright(image: Image.Image, kind: PictureFormat, side: int) -> Picture:
    """The frame that `image` stands at, within `side`. Raises `EmptyMedia`, and whatever its codec raises."""
    stored = image.size
    width, height = scaled(stored, side)
    image.draft(None, (width, height))  # JPEG scales by 1/2, 1/4 or 1/8 while it decodes: 117 -> 18 ms for 12 MP
    image.load()
    orientation, taken = _orientation(image), taken_of(image)
    if kind.codec == "TIFF":  # Pillow turns these itself
        stored, orientation = image.size, 1
    whole, turn = eight_bit(image), UPRIGHT.get(orientation)
    if turn is not None and whole.mode == "RGBA":  # first, so that what is visible is a part of the upright picture
        whole, turn = whole.transpose(turn), None
    small, visible = _on_white(whole, side)
    if turn is not None:
        small = small.transpose(turn)
    original = stored[::-1] if orientation in SIDEWAYS else stored
    return Picture(kind.media_type, small.tobytes(), small.size, original, visible, taken)


def opened(stream: io.BytesIO, kind: PictureFormat, limits: DecodeLimits) -> Image.Image:
    """The picture, of which only the header is decoded yet. Raises `MediaTooLarge`, and what its codec raises."""
    load_codecs()
    if kind.codec in LATE_CODECS:
        LATE_CODECS[kind.codec]()
    image = Image.open(stream, formats=(kind.codec,))
    width, height = image.size
    if width * height > limits.max_pixels:
        raise MediaTooLarge(f"the picture has {width:,} x {height:,} pixels; at most {limits.max_pixels:,} are decoded")
    return image


def scaled(size: tuple[int, int], side: int) -> tuple[int, int]:
    """`size` with its longest side reduced to `side`; never enlarged, never without area."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def eight_bit(image: Image.Image) -> Image.Image:
    """`image` as RGB, or as RGBA where it has transparency. More than 8 bits are scaled; Pillow alone clips them."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _scaled_grey(image)
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode == "RGB" else image.convert("RGB")


def _scaled_grey(image: Image.Image) -> Image.Image:
    """16 bits by their full range; 32 bits and floats, which have no agreed one, by the darkest and lightest pixel."""
    sixteen = image.mode.startswith("I;16")
    grey = image.convert("F")
    grey.info.pop("transparency", None)
    low, high = (0.0, 65535.0) if sixteen else cast("tuple[float, float]", grey.getextrema())
    if not low < high:
        return grey.convert("RGB")
    scale = 255.0 / (high - low)
    offset = 0.5 - low * scale  # half a step: the conversion to bytes cuts off
    return grey.point(lambda value: value * scale + offset).convert("L").convert("RGB")


def _on_white(image: Image.Image, side: int) -> tuple[Image.Image, Box]:
    """`image` as RGB, cropped to what is visible of it, within `side`, on white; and which part of it that is."""
    if image.mode == "RGB":
        return image.resize(scaled(image.size, side), Resampling.BICUBIC, reducing_gap=2.0), WHOLE
    visible = image.getchannel("A").getbbox()
    if visible is None:
        raise EmptyMedia("the picture is transparent everywhere")
    (left, top, right, bottom), (width, height) = visible, image.size
    if visible != (0, 0, width, height):
        image = image.crop(visible)
    small = image.resize(scaled(image.size, side), Resampling.BICUBIC)
    canvas = Image.new("RGB", small.size, "white")
    canvas.paste(small, mask=small.getchannel("A"))
    return canvas, (left / width, top / height, right / width, bottom / height)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # noqa: BLE001 - whatever is wrong with its metadata, the picture itself was read
        return 1


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "its header is damaged"
    return str(error) or type(error).__name__
