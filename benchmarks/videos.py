"""Videos through the sandbox: how many times faster than they play, and whether their cuts are found.

`python -m benchmarks.videos` prints only these rows. No model takes part: this is decoding and shot detection.
"""

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import av
import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image

from benchmarks import cuts
from benchmarks.table import Row, print_table
from omnibus.composition import decoder_of
from workers.domain.video import Shot, Video

PHOTOS = Path(__file__).parents[1] / "examples" / "media" / "photos"
SIZE = (1280, 720)
RATE = 25
MINUTES = 10
SHOTS_S = (3.0, 7.2, 1.6, 5.0, 9.4, 2.4, 12.0, 4.4, 6.6, 8.4)
"""Of one minute, which comes again and again: to encode ten different ones takes longer than all other benchmarks."""
GRAIN = 4.0
NEAR_S = 0.2


def measure() -> Iterator[Row]:
    """The rows. Takes two minutes, most of them to make the clip."""
    data, expected = clip()
    with closing(decoder_of()) as decoder:
        begun = perf_counter()
        video = decoder.decode(data, key="clip.mp4")
        assert isinstance(video, Video)
        shots = [part for part in video.parts if isinstance(part, Shot)]
        seconds = perf_counter() - begun
        processor_s, peak_mib = _used(decoder.child_pid or 0)
    found = [after.start_s for before, after in pairwise(shots) if after.number != before.number]
    right = sum(any(abs(one - cut) <= NEAR_S for cut in expected) for one in found)
    what = f"{MINUTES} min of H.264, {len(data) / 2**20:.0f} MiB"
    how = f"{what}; {processor_s:.0f} s of processor time, {peak_mib:.0f} MiB"
    yield Row("a 720p video / real time", 60 * MINUTES / seconds, 20, "x", how, at_most=False)
    yield Row("its cuts: precision", right / max(1, len(found)), 0.95, "", f"{right} of {len(found)}", at_most=False)
    yield Row("its cuts: recall", right / len(expected), 0.95, "", f"{right} of {len(expected)}", at_most=False)
    yield from cuts.measure()


def clip() -> tuple[bytes, Sequence[float]]:
    """Ten minutes of cuts between photographs that the camera pans over, with the grain of a sensor; the cuts."""
    minute = encoded(SHOTS_S)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as target:
        stream: Any = None
        for number in range(MINUTES):
            source: Any
            with av.open(io.BytesIO(minute)) as source:
                stream = stream or target.add_stream_from_template(source.streams.video[0])
                shift = round(60 * number / source.streams.video[0].time_base)
                for packet in source.demux(video=0):
                    if packet.dts is not None:  # the last one is empty
                        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                        target.mux(packet)
    ends = np.cumsum(SHOTS_S)
    expected = [60 * number + float(end) for number in range(MINUTES) for end in ends]
    return out.getvalue(), expected[:-1]


def encoded(shots_s: Sequence[float]) -> bytes:
    """A video of shots that last so many seconds each."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=Fraction(RATE), options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for picture in _pictures(shots_s):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def _pictures(shots_s: Sequence[float]) -> Iterator[NDArray[np.uint8]]:
    width, height = SIZE
    dice = np.random.default_rng(1)
    grains = [dice.normal(0, GRAIN, (height, width, 1)).astype(np.int16) for _ in range(8)]
    photos = sorted(PHOTOS.iterdir())
    for number, seconds in enumerate(shots_s):
        with Image.open(photos[number % len(photos)]) as image:
            wide = np.asarray(image.convert("RGB").resize((width + 200, height))).astype(np.int16)
        count = round(seconds * RATE)
        for n in range(count):
            left = 200 * n // count
            yield np.clip(wide[:, left : left + width] + grains[n % len(grains)], 0, 255).astype(np.uint8)


def _used(pid: int) -> tuple[float, float]:
    """Seconds of processor time, and the most memory at any time, in MiB, of a process."""
    times = psutil.Process(pid).cpu_times()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return times.user + times.system, peak


def main() -> int:
    """Print the rows."""
    rows = list(measure())
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
