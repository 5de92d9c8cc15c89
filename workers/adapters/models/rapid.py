"""PP-OCR through RapidOCR: where lines of text are, which way up, and what they say.

The package carries models of its own and downloads others; here it is given the files of an asset, and a directory
that has them all, so that it never looks for any.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workers.adapters.models.loading import LoadOnce
from workers.adapters.models.strokes import may_have_text
from workers.domain.decoded import Pixels
from workers.ports.reader import ReadLine

MODEL = "PP-OCRv6-small/090f04ab+6f327246"
"""Name, and the first digits of the sha256 of the weights that find lines and of those that read them."""
DETECTION_SIDE = 1600
"""Longest side, in pixels, of the picture in which lines are looked for. They are read at the size they have."""
LEAST_CONFIDENCE = 0.5
"""RapidOCR's own: below it, most lines are none."""
DOUBTFUL = 0.85
"""Confidence below which a line may be upside down: clean print has 0.95 and more, the wrong way up 0.8 at most.

PP-OCR's classifier of directions sees a line squeezed to four times its height. Of 19 upright lines of 78 letters it
took five for turned, as sure of it as of lines that were (0.93 to 0.99).
"""
LEAST_SIDE = 8
"""Pixels of the shorter side. Less is no line of text, and would be enlarged to one of thousands of pixels."""
MOST_LINES = 400
"""Lines of a picture that are looked at: a page of small print has 100. A line takes up to 80 ms."""


class RapidReader:
    """`ports.reader.TextReader`. `directory` holds the three ONNX files; `threads` of a pass, at least 1."""

    def __init__(self, directory: Path, *, threads: int) -> None:
        self._threads = threads
        self._engine = LoadOnce(MODEL, lambda: _load(directory, threads))

    @property
    def model(self) -> str:
        """See `ports.reader.TextReader`."""
        return MODEL

    def may_have_text(self, picture: Pixels) -> bool:
        """See `ports.reader.TextReader`. Needs no model."""
        import cv2  # noqa: PLC0415 - takes a tenth of a second

        cv2.setNumThreads(self._threads)  # of the process: each call, for it costs nothing
        return may_have_text(picture)

    def read(self, picture: Pixels) -> Sequence[ReadLine]:
        """See `ports.reader.TextReader`."""
        if min(picture.shape[:2]) < LEAST_SIDE:
            return []
        upright = self._lines(picture, turning=False)
        if all(line.confidence >= DOUBTFUL for line in upright):
            return upright
        # The same boxes once more: looking for them is the smaller part, and few pictures have lines in doubt.
        turned = {line.box: line for line in self._lines(picture, turning=True)}
        better = [max(line, turned.get(line.box, line), key=lambda each: each.confidence) for line in upright]
        return [line for line in better if line.text and line.confidence >= LEAST_CONFIDENCE]

    def _lines(self, picture: Pixels, *, turning: bool) -> list[ReadLine]:
        """All of them, however doubtful; `turning` those round that seem to be upside down."""
        found = self._engine.get()(np.ascontiguousarray(picture[:, :, ::-1]), use_cls=turning)
        if found.boxes is None or found.txts is None:
            return []
        return list(_lines(found, picture.shape[1], picture.shape[0]))


def _load(directory: Path, threads: int) -> Any:
    import cv2  # noqa: PLC0415 - with its model only
    from rapidocr import RapidOCR  # noqa: PLC0415 - takes a second

    cv2.setNumThreads(threads)
    engine = RapidOCR(
        params={
            "Global.log_level": "critical",  # it warns of every picture that has no text
            "Global.text_score": 0.0,  # what is in doubt is read once more before it is left out
            "Global.model_root_dir": str(directory),
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            # By default it enlarges small pictures: 350 ms of processor time for 640x480, 120 without.
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTION_SIDE,
            "Det.max_candidates": MOST_LINES,
            "Det.model_path": str(directory / "PP-OCRv6_det_small.onnx"),
            "Cls.cls_thresh": 0.5,  # what it turned is taken only where it can be read better
            "Cls.model_path": str(directory / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
            "Rec.model_path": str(directory / "PP-OCRv6_rec_small.onnx"),
        }
    )
    engine(np.zeros((64, 64, 3), np.uint8))
    return engine


def _lines(found: Any, width: int, height: int) -> Iterator[ReadLine]:
    size = np.array([width, height], dtype=np.float64)
    for corners, text, confidence in zip(found.boxes, found.txts, found.scores, strict=True):
        points = np.clip(np.asarray(corners) / size, 0, 1)
        x0, y0, x1, y1 = (float(edge) for edge in (*points.min(axis=0), *points.max(axis=0)))
        yield ReadLine(str(text).strip(), (x0, y0, x1, y1), float(confidence))
