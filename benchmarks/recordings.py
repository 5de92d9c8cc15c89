"""Recordings: the speed against the model of speech called directly, and the memory that an hour takes.

`python -m benchmarks.recordings [--profile NAME]` prints only these rows. The speech is that of the tests.

The memory is the peak of the worker (VmHWM) and that of its decoder, added, with freed memory kept as in a worker.
Pages of libraries that both of them map are in it twice, and the peaks need not be at the same time: never too little.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import av
import numpy as np
import psutil
from faster_whisper import WhisperModel

from benchmarks.table import Row, print_table
from omnibus.composition import decoder_of
from omnibus.memory import keep_freed_memory
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load
from workers.domain.recording import SAMPLE_RATE, Recording, Samples
from workers.ingest.listen import Heard, Listener

SPEECH = Path(__file__).parents[1] / "tests" / "speech"
TALK_S = 180
HOUR_S = 3600


def measure(profile: str) -> Iterator[Row]:
    """The rows. Takes about a quarter of an hour on two cores."""
    yield _speed(profile)
    with tempfile.NamedTemporaryFile(suffix=".flac") as file:
        Path(file.name).write_bytes(flac(repeated(HOUR_S, pause_s=60.0)))
        # In a process that did nothing else: peaks stay.
        command = [sys.executable, "-m", "benchmarks.recordings", "--profile", profile, "--peaks-of", file.name]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    how = f"worker {found['worker']:.0f} + decoder {found['decoder']:.0f}, peaks; {found['seconds']:.0f} s"
    yield Row("an hour of audio", found["worker"] + found["decoder"], 1200, "MiB", how)


def _speed(profile: str) -> Row:
    """Decoding in the child, speech and sounds, against faster-whisper on the same samples with the same options."""
    models = Models(store_of(load()), profile_named(profile))
    listener = Listener(models.transcriber(), models.sound(models.text()))
    talk = repeated(TALK_S, pause_s=1.0)
    data = flac(talk)
    _listen(listener, flac(talk[: 10 * SAMPLE_RATE]))
    direct = _direct(models, talk)
    begun = perf_counter()
    _listen(listener, data)
    whole = perf_counter() - begun
    how = f"{TALK_S / whole:.1f} x real time; the model alone {TALK_S / direct:.1f} x"
    return Row("a talk / faster-whisper alone", whole / direct, 1.1, "", how)


def _direct(models: Models, talk: Samples) -> float:
    whisper = whisper_of(models)
    list(whisper.transcribe(talk[: 10 * SAMPLE_RATE])[0])
    begun = perf_counter()
    transcribed(whisper, talk)
    return perf_counter() - begun


def whisper_of(models: Models) -> WhisperModel:
    """The profile's model of speech by itself, with all cores."""
    return WhisperModel(str(models.speech()), device="cpu", compute_type="int8", cpu_threads=psutil.cpu_count() or 1)


def transcribed(whisper: WhisperModel, talk: Samples) -> str:
    """What is said in the talk, with the options that the transcriber has."""
    found, _ = whisper.transcribe(talk, vad_filter=True, word_timestamps=True, condition_on_previous_text=False)
    return "".join(segment.text for segment in found)


def _peaks(profile: str, file: Path) -> dict[str, float]:
    """Peaks in MiB of this process and of its decoder with this recording, and the seconds it took."""
    keep_freed_memory()
    models = Models(store_of(load()), profile_named(profile))
    text = models.text()
    listener = Listener(models.transcriber(), models.sound(text))
    listener.warm()
    text.encode(["warm"])
    begun = perf_counter()
    decoder = decoder_of()
    with closing(decoder):
        recording = decoder.decode(file.read_bytes(), key="hour.flac")
        assert isinstance(recording, Recording)
        heard = listener.listen(recording)
        assert heard.utterances
        text.encode([utterance.text for utterance in heard.utterances])
        peaks = {"worker": _peak_mib(psutil.Process().pid), "decoder": _peak_mib(decoder.child_pid or 0)}
    return {**peaks, "seconds": perf_counter() - begun}


def _listen(listener: Listener, data: bytes) -> Heard:
    decoder = decoder_of()
    with closing(decoder):
        recording = decoder.decode(data, key="talk.flac")
        assert isinstance(recording, Recording)
        return listener.listen(recording)


def repeated(seconds: int, *, pause_s: float) -> Samples:
    """The two sentences again and again, with faint noise between them."""
    noise = np.random.default_rng(1).normal(0, 0.003, round(pause_s * SAMPLE_RATE)).astype(np.float32)
    decoder = decoder_of()
    parts: list[Samples] = []
    with closing(decoder):
        for path in sorted(SPEECH.glob("*.opus")):
            recording = decoder.decode(path.read_bytes(), key=path.name)
            assert isinstance(recording, Recording)
            parts += [*recording.chunks, noise]
    once = np.concatenate(parts)
    return np.resize(once, seconds * SAMPLE_RATE)


def flac(samples: Samples) -> bytes:
    """The samples as a file."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=SAMPLE_RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for start in range(0, len(samples), 4096):
            pcm = (samples[None, start : start + 4096] * 32_767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """Print the rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recordings", description=__doc__)
    parser.add_argument("--profile", default="offline")
    parser.add_argument("--peaks-of", type=Path, help="only the memory that this recording takes, as JSON")
    arguments = parser.parse_args()
    if arguments.peaks_of:
        sys.stdout.write(json.dumps(_peaks(arguments.profile, arguments.peaks_of)))
        return 0
    rows = list(measure(arguments.profile))
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
