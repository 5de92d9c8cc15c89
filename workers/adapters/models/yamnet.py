"""YAMNet: from sound to scores of the 521 classes of AudioSet, through onnxruntime.

The front end is that of the original (TensorFlow models, research/audioset/yamnet, features.py and params.py): windows
of 25 ms every 10 ms, 64 mel bands from 125 to 7,500 Hz, patches of 0.96 s every 0.48 s. The weights are quantised:
scale and zero point of input and output are initialisers of the file.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from workers.adapters.models.loading import LoadOnce
from workers.domain.recording import SAMPLE_RATE, Samples

MODEL = "yamnet-w8a8/6033a308"
"""Name, and the first digits of the sha256 of the graph."""
WINDOW, HOP, FFT = 400, 160, 512
BANDS, LOWEST_HZ, HIGHEST_HZ = 64, 125.0, 7_500.0
LOG_OFFSET = 0.001
PATCH, PATCH_HOP = 96, 48
"""In windows of the spectrogram."""
INPUT_SCALE, INPUT_ZERO = 0.04793788, 144
"""The initialisers `audio_scale` and `audio_zero_point`."""
OUTPUT_SCALE, OUTPUT_ZERO = 0.75654173, 190
"""The initialisers `class_scores_scale` and `class_scores_zero_point`."""

Scores = NDArray[np.float32]
"""`(521,) float32` in [0, 1], independent of one another, in the order of the table of classes."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    session: Any
    mel: NDArray[np.float32]


class YamNet:
    """`directory` gives the folder with model.onnx and model.data, at first use. Safe to call from threads."""

    def __init__(self, directory: Callable[[], Path]) -> None:
        self._loaded = LoadOnce(MODEL, lambda: _load(directory()))

    def classify(self, samples: Samples) -> Scores:
        """The mean of the patches' scores. Raises `ModelUnavailable` when the weights do not load."""
        loaded = self._loaded.get()
        return np.mean([_run(loaded.session, patch) for patch in _patches(samples, loaded.mel)], axis=0)


def class_names(table: Path) -> list[str]:
    """The names of the classes, in the order of the scores, from `yamnet_class_map.csv`."""
    with table.open(encoding="utf-8", newline="") as file:
        return [row["display_name"] for row in csv.DictReader(file)]


def _load(directory: Path) -> _Loaded:
    import onnxruntime  # noqa: PLC0415 - with its model only

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a patch is too little to share
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(directory / "model.onnx", options, providers=["CPUExecutionProvider"])
    return _Loaded(session, _mel_matrix())


def _patches(samples: Samples, mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(n, 96, 64) float32`: the log mel spectrogram in patches, at least one; what is too short is filled up."""
    shortest = (PATCH - 1) * HOP + WINDOW
    padded = np.pad(samples, (0, max(0, shortest - len(samples))))
    # numpy's Hann window is symmetric; without its last point a longer one is TensorFlow's periodic.
    frames = sliding_window_view(padded, WINDOW)[::HOP] * np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    spectrum = np.abs(np.fft.rfft(frames, FFT)).astype(np.float32)
    log_mel = np.log(spectrum @ mel + np.float32(LOG_OFFSET))
    return sliding_window_view(log_mel, PATCH, axis=0)[::PATCH_HOP].transpose(0, 2, 1)


def _mel_matrix() -> NDArray[np.float32]:
    """`(257, 64)`: triangles that are even in mel (HTK's formula), as `tf.signal.linear_to_mel_weight_matrix`."""
    bins = _mel(np.linspace(0.0, SAMPLE_RATE / 2, FFT // 2 + 1))[:, None]
    edges = np.linspace(_mel(np.float64(LOWEST_HZ)), _mel(np.float64(HIGHEST_HZ)), BANDS + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0.0, np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)))
    weights[0] = 0.0
    return weights.astype(np.float32)


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(hertz / 700.0)


def _run(session: Any, patch: NDArray[np.float32]) -> Scores:
    quantised = np.clip(np.round(patch / INPUT_SCALE) + INPUT_ZERO, 0, 255).astype(np.uint8)
    (raw,) = session.run(None, {"audio": quantised[None, None]})
    logits = (raw[0].astype(np.float32) - OUTPUT_ZERO) * np.float32(OUTPUT_SCALE)
    return 1 / (1 + np.exp(np.minimum(-logits, 80.0)))  # beyond that, float32 has no such number
