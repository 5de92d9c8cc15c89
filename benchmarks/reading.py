"""Text in pictures: what a look and a reading cost against RapidOCR called directly, and what the look misses.

`python -m benchmarks.reading` needs the models of profile `offline`, and no stack.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from os import environ
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.alone import decoded
from benchmarks.pictures import write_pictures
from benchmarks.table import Row, print_table
from omnibus.composition import decoder_of
from omnibus.demo import examples
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load
from workers.domain.decoded import Pixels
from workers.ports.reader import TextReader

WORDS = ("No swimming", "EXIT", "Platform 9", "Ticket office", "Mind the gap", "Open daily 10-18")
HEIGHTS = (10, 14, 20, 30, 45)
"""Of the letters of signs, in pixels of a picture of 640."""
ROUNDS = 5


def main() -> int:
    """Measure, print the table."""
    rows = list(measure("offline"))
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


def measure(profile: str) -> Iterator[Row]:
    """Each with as many threads as a process of an ingest worker has on this machine."""
    threads = int(environ.get("OMP_NUM_THREADS") or 1)
    reader = Models(store_of(load()), profile_named(profile)).reader(threads)
    direct = _direct(threads)
    photos = _photos()
    signs = [
        with_sign(photo, text, high) for photo, high in zip(cycle(photos), HEIGHTS * 8, strict=False) for text in WORDS
    ]
    yield from _costs(reader, direct, photos, signs[: 2 * len(WORDS)])
    seen = sum(reader.may_have_text(sign) for sign in signs) / len(signs)
    yield Row("signs that a look sees", seen, 0.9, "", f"{len(signs)} signs in photographs", at_most=False)
    vain = sum(reader.may_have_text(photo) for photo in photos) / len(photos)
    yield Row("photographs that are read in vain", vain, 0.2, "", f"{len(photos)} photographs without text")
    yield _second_decoding()


def _costs(reader: TextReader, direct: Any, photos: Sequence[Pixels], signs: Sequence[Pixels]) -> Iterator[Row]:
    def both(picture: Pixels) -> None:
        if reader.may_have_text(picture):
            reader.read(picture)

    look, detection = _in_turns(reader.may_have_text, lambda p: direct(p, use_cls=False, use_rec=False), photos)
    how = f"p50 {look:.1f} ms; detection {detection:.0f} ms"
    yield Row("a look at a photograph / RapidOCR's detection", look / detection, 0.05, "", how)
    ours, theirs = _in_turns(both, lambda p: direct(p, use_cls=True, use_rec=True), signs)
    how = f"p50 {ours:.0f} ms; RapidOCR {theirs:.0f} ms"
    yield Row("a photograph with a sign / RapidOCR", ours / theirs, 1.1, "", how)
    ours, theirs = _in_turns(both, lambda p: direct(p, use_cls=True, use_rec=True), [drawn_page(137)])
    how = f"{ours / 1000:.2f} s; RapidOCR {theirs / 1000:.2f} s"
    yield Row("a page of 40 lines / RapidOCR", ours / theirs, 1.1, "", how)


def _second_decoding() -> Row:
    """What a photograph of 12 megapixels costs once more, where a look saw text in it."""
    out = io.BytesIO()
    Image.fromarray(_photos()[0]).resize((4000, 3000)).save(out, "JPEG", quality=85)
    decoder = decoder_of()
    try:
        small, large = _in_turns(
            lambda data: decoder.decode(data, key="a.jpg"),
            lambda data: decoder.decode(data, key="a.jpg", to_read=True),
            [out.getvalue()],
        )
    finally:
        decoder.close()
    how = f"p50 {large:.0f} ms and {1600 * 1200 * 3 / 1e6:.1f} MB; for encoders {small:.0f} ms"
    return Row("12 megapixels decoded to be read", large, 250, "ms", how)


def _in_turns(
    one: Callable[[Any], object], other: Callable[[Any], object], given: Sequence[Any]
) -> tuple[float, float]:
    """Median milliseconds of each. They take turns, so that whatever else the machine does meets both."""
    times: tuple[list[float], list[float]] = ([], [])
    one(given[0])
    other(given[0])
    for item in [*given] * ROUNDS:
        for do, into in zip((one, other), times, strict=True):
            begun = perf_counter()
            do(item)
            into.append((perf_counter() - begun) * 1000)
    return median(times[0]), median(times[1])


def _direct(threads: int) -> Any:
    from rapidocr import RapidOCR  # noqa: PLC0415 - takes a second

    engine = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            f"{engine}.intra_op_num_threads": threads,
            f"{engine}.inter_op_num_threads": 1,
        }
    )


def _photos() -> list[Pixels]:
    """The photographs of examples/ at 640 pixels, and as many made ones."""
    paths = sorted((examples() / "media" / "photos").iterdir())
    with TemporaryDirectory(prefix="omnibus-reading-") as folder:
        made = write_pictures(Path(folder), len(paths))
        return [*map(_enlarged, decoded(paths)), *decoded(made)]


def _enlarged(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    return np.asarray(Image.fromarray(pixels).resize((640, round(640 * height / width))))


def with_sign(photo: Pixels, text: str, high: int) -> Pixels:
    """The photo with a sign, whose letters are so many pixels high."""
    image, font = Image.fromarray(photo), ImageFont.load_default(high * 1.4)
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = pen.textbbox((image.width // 3, image.height // 3), text, font=font)
    pen.rectangle((left - high, top - high // 2, right + high, bottom + high // 2), fill="#205030")
    pen.text((image.width // 3, image.height // 3), text, fill="white", font=font)
    return np.asarray(image)


def drawn_page(dpi: int, lines: int = 40, first: int = 0) -> Pixels:
    """A page of A4 in letters of 11 points; its lines are numbered from `first` on."""
    image, font = Image.new("RGB", (8 * dpi, 1170 * dpi // 100), "white"), ImageFont.load_default(11 * dpi / 72)
    pen = ImageDraw.Draw(image)
    for number in range(lines):
        text = f"{first + number + 1}. The ferry to the island leaves every morning at {number % 12 + 1} o'clock."
        pen.text((dpi, dpi + number * dpi // 4), text, fill="black", font=font)
    return np.asarray(image)


if __name__ == "__main__":
    raise SystemExit(main())
