"""Makes those of the examples that are ours and no text: a PDF, a siren, a clip; and joins the reading.

    python examples/make_media.py PHOTO

PHOTO is the picture of the clip's first shot (LICENSES.md says which). Run it only to change them: encoders of another
version give other bytes.
"""

import io
import sys
from collections.abc import Iterable, Sequence
from ctypes import c_ushort
from pathlib import Path

import av
import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

MEDIA = Path(__file__).parent / "media"
SPEECH = Path(__file__).parents[1] / "tests" / "speech"
RATE = 48_000
FPS = 12
SIZE = (640, 400)

PAGES = [
    (
        "The diving suit of 1912",
        """The suit in the cellar is of canvas and copper and weighs seventy-four kilograms without the diver.
        It was made by the sailmakers of Lindmoor for the salvage of the mail steamer Adelheid, and Tobias Renn
        wore it for eleven summers. It has been under water four times since, each time for a wager.
        This handbook was typed by Renn himself and copied for everyone who held his hose.""",
    ),
    (
        "The air pump",
        """Two hands turn the wheel, a third watches the gauge. At ten metres the pump needs nineteen strokes a
        minute; at thirty metres it needs forty-two strokes a minute, and no hand can do that for longer than a
        quarter of an hour, so there are always four men at the wheel. If the leather of the piston squeaks, give it
        goose fat and nothing else: oil spoils the air.""",
    ),
    (
        "Signals on the line",
        """One pull: I have arrived. Two pulls: more air. Three pulls: haul me up. Four pulls mean that the diver has
        found something and wants the basket. Anybody on deck who sings while the line is out pays a round.""",
    ),
]
SIGN = ("SEAL FEEDING", "every day at 14:20", "north pool, behind the smokehouse")


def main(photo: Path) -> None:
    """Write the files."""
    (MEDIA / "museum" / "divers-handbook.pdf").write_bytes(handbook())
    recordings = MEDIA / "recordings"
    recordings.mkdir(exist_ok=True)
    reading = [heard(SPEECH / f"sense-and-sensibility-{number}.opus") for number in ("0920", "0930")]
    (recordings / "reading-aloud.opus").write_bytes(opus(np.concatenate([reading[0], silence(0.8), reading[1]])))
    (recordings / "REC_0007.opus").write_bytes(opus(siren(6.0)))
    (MEDIA / "news" / "CLIP_0003.webm").write_bytes(clip([pan(Image.open(photo)), still(sign())]))


def handbook() -> bytes:
    """The PDF: a page a chapter."""
    document = pypdfium2.PdfDocument.new()
    for title, words in PAGES:
        page = document.new_page(420, 595)
        _line(document, page, b"Helvetica-Bold", 16, title, 50, 530)
        for row, line in enumerate(_wrapped(words, 56)):
            _line(document, page, b"Times-Roman", 12, line, 50, 495 - 17 * row)
        page.gen_content()
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _wrapped(words: str, width: int) -> Iterable[str]:
    line = ""
    for word in words.split():
        if len(line) + len(word) >= width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def _line(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, font: bytes, size: float, words: str, x: float, y: float
) -> None:
    line = pdfium.FPDFPageObj_NewTextObj(document, font, size)
    encoded = (words + "\0").encode("utf-16-le")
    pdfium.FPDFText_SetText(line, (c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded))
    pdfium.FPDFPageObj_Transform(line, 1, 0, 0, 1, x, y)
    pdfium.FPDFPage_InsertObject(page, line)


def siren(seconds: float) -> NDArray[np.float32]:
    """A tone that rises and falls between 300 and 1,100 Hz, with overtones."""
    at = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(700 + 400 * np.sin(2 * np.pi * 0.25 * at)) / RATE
    wave = sum(np.sin(k * phase) / k for k in range(1, 8))
    return (0.4 * wave / np.abs(wave).max()).astype(np.float32)


def silence(seconds: float) -> NDArray[np.float32]:
    """As many samples of nothing."""
    return np.zeros(int(seconds * RATE), np.float32)


def heard(path: Path) -> NDArray[np.float32]:
    """The recording, mono at `RATE`."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(path)) as container:
        frames = [*container.decode(audio=0), None]
        return np.concatenate([part.to_ndarray()[0] for frame in frames for part in resampler.resample(frame)])


def opus(samples: NDArray[np.float32]) -> bytes:
    """The recording as Ogg Opus."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = 32_000
        for start in range(0, len(samples), 960):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 960], format="flt", layout="mono")
            frame.sample_rate, frame.pts = RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def pan(photo: Image.Image, seconds: float = 4.0) -> Sequence[Image.Image]:
    """Frames of a camera that moves slowly over the photo."""
    width, height = SIZE
    photo = photo.convert("RGB").resize((width * 9 // 8, height * 9 // 8))
    count = int(seconds * FPS)
    steps = np.linspace(0, photo.width - width, count).astype(int)
    return [photo.crop((x, 20, x + width, 20 + height)) for x in steps]


def sign() -> Image.Image:
    """A board with the hour at which the seals are fed."""
    picture = Image.new("RGB", SIZE, (238, 232, 213))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, SIZE[0] - 20, SIZE[1] - 20), outline=(20, 60, 90), width=6)
    for row, (words, size) in enumerate(zip(SIGN, (60, 48, 30), strict=True)):
        draw.text((SIZE[0] / 2, 110 + 95 * row), words, (20, 60, 90), ImageFont.load_default(size), anchor="mm")
    return picture


def still(picture: Image.Image, seconds: float = 4.0) -> Sequence[Image.Image]:
    """Frames of a camera that stands still."""
    return [picture] * int(seconds * FPS)


def clip(shots: Iterable[Sequence[Image.Image]]) -> bytes:
    """The shots one after the other, as WebM with VP9, without sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream = container.add_stream("libvpx-vp9", rate=FPS, options={"crf": "36", "b": "0", "threads": "1"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for picture in (frame for shot in shots for frame in shot):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return out.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
