"""A mixed corpus for measuring: what a bucket holds, in the shares that make each model work for some seconds."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.documents import prose
from benchmarks.pictures import write_pictures
from benchmarks.reading import WORDS, drawn_page, with_sign
from benchmarks.recordings import flac, repeated
from benchmarks.videos import encoded
from omnibus.demo import examples
from workers.domain.recording import SAMPLE_RATE

PHOTOS, SIGNS, TEXTS, PAGES, SCANS = 160, 24, 60, 40, 2
TALKS, TALK_S = 2, 90
SHOTS_S = (3.0, 6.2, 1.6, 4.0, 5.2)
TEXT_WORDS = 500
DPI = 137
VOCABULARY = (
    "keeper light harbour ferry island seal morning winter bell rope tower stone path garden school letter boat map "
    "museum otter panda visitor ticket storm window kitchen bread river mill wheel bridge market village story"
)
LINKS = "the a of near before under with after beside and from while"


def write_corpus(folder: Path) -> list[Path]:
    """Photographs, pictures with print, texts, documents with text and scanned ones, talks, and a video."""
    paths = _light(folder, seed=11, photos=PHOTOS, signs=SIGNS, texts=TEXTS)
    more = {"prose.pdf": prose(PAGES), "scan.pdf": _scan(SCANS), "pans.mp4": encoded(SHOTS_S)}
    # Each begins at another place: what is known from one would not be listened to in the other.
    talk = repeated(TALK_S, pause_s=1.0)
    more |= {f"talk-{n}.flac": flac(np.roll(talk, -n * 17 * SAMPLE_RATE)) for n in range(TALKS)}
    return _shuffled([*paths, *(_written(folder / name, data) for name, data in more.items())], seed=11)


def write_warm_up(folder: Path) -> list[Path]:
    """Some of each kind, so much that every process gets some, and none that is in the corpus."""
    found = sorted(path for path in (examples() / "media").rglob("*.*") if path.is_file())
    return _shuffled([*_light(folder, seed=12, photos=96, signs=16, texts=32), *found], seed=12)


def _light(folder: Path, *, seed: int, photos: int, signs: int, texts: int) -> list[Path]:
    folder.mkdir(parents=True)
    made = write_pictures(folder, photos + signs, seed)
    for number, path in enumerate(made[photos:]):
        _add_sign(path, WORDS[number % len(WORDS)], 16 + number)
    dice = np.random.default_rng(seed)
    return [*made, *(_written(folder / f"text-{n}.txt", _text(dice).encode()) for n in range(texts))]


def _add_sign(path: Path, words: str, high: int) -> None:
    with Image.open(path) as image:
        signed = with_sign(np.asarray(image), words, high)
    Image.fromarray(signed).save(path, quality=90)


def _text(dice: np.random.Generator) -> str:
    return "\n\n".join(" ".join(_sentences(dice)) for _ in range(TEXT_WORDS // 50))


def _sentences(dice: np.random.Generator) -> Iterator[str]:
    """About fifty words."""
    for _ in range(5):
        words = [
            str(word)
            for pair in zip(dice.choice(LINKS.split(), 5), dice.choice(VOCABULARY.split(), 5), strict=True)
            for word in pair
        ]
        yield " ".join(words).capitalize() + "."


def _scan(pages: int) -> bytes:
    """A document of pages without text, as a scanner makes it: each is one picture."""
    first, *others = [Image.fromarray(drawn_page(DPI, first=40 * number)) for number in range(pages)]
    out = io.BytesIO()
    first.save(out, "PDF", save_all=True, append_images=others, resolution=DPI)
    return out.getvalue()


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _shuffled(paths: list[Path], seed: int) -> list[Path]:
    order = np.random.default_rng(seed).permutation(len(paths))
    return [paths[place] for place in order]
