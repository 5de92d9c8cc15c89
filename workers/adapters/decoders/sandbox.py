"""The Decoder port over a child process that can be killed: what an object costs is limited to that object."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

import workers
from workers.adapters.decoders.frames import BrokenFrameError, read_frame, read_writable_frame, write_frame
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.lines import sentence
from workers.adapters.decoders.recording_formats import is_heavy
from workers.adapters.decoders.streams import Frame, recording_chunks, video_parts
from workers.adapters.decoders.unpacking import (
    MESSAGE_CHARS,
    NONSENSE,
    media_type,
    unpack,
    unpack_excerpt,
    unpack_seconds,
)
from workers.domain.decoded import Decoded
from workers.domain.excerpt import Excerpt
from workers.domain.locator import Locator
from workers.domain.recording import Recording
from workers.domain.video import Video
from workers.errors import (
    DamagedMedia,
    EmptyMedia,
    MediaTooLarge,
    NoSuchPlace,
    Permanent,
    ServiceUnavailable,
    UnknownMediaType,
)

STARTUP_S = 30.0
"""Seconds a child may take until it is ready: it needs a fraction of one, but a loaded machine must not fail here."""

ENDING_S = 1.0
"""Seconds between the last byte of a dying child and its exit status; one that lives longer sent what is no reply."""

KEEP_FREED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20)}
"""glibc's allocator, mallopt(3): a picture's buffers are used again for the next, where giving them back to the kernel
and touching new ones took longer than decoding (4.2 ms of processor time for a 640x480 JPEG, 1.7 with these)."""

REFUSALS = {kind.kind: kind for kind in (DamagedMedia, EmptyMedia, MediaTooLarge, NoSuchPlace, UnknownMediaType)}


class SandboxedDecoder:
    """Decodes in one child process, started at the first object and started anew after it was killed.

    The child gets no environment variable of this process but the path of its own code; `confinement` has its limits.
    See `ports.decoder.Decoder` for the contract.
    """

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._child: _Child | None = None
        self._streaming = False

    @property
    def child_pid(self) -> int | None:
        """The process id of the child, or None while there is none."""
        return self._child.pid if self._child is not None else None

    def is_heavy(self, data: bytes) -> bool:
        """See `ports.decoder.Decoder`. Looks at bytes only, in this process."""
        return is_heavy(data)

    def decode(
        self, data: bytes, *, key: str, to_read: bool = False, page: int | None = None
    ) -> Decoded | Recording | Video:
        """See `ports.decoder.Decoder`. Raises `ServiceUnavailable` where no child can be started."""
        frame = self._answer(data, {"key": key, "to_read": to_read, "page": page})
        if "part" not in frame[0]:
            return unpack(*frame)
        self._streaming = True
        kind, declared_s = media_type(frame[0].get("media_type")), unpack_seconds(frame[0].get("declared_s"))
        frames = self._stream(self._ready_child(), frame)
        if kind.startswith(("video/", "image/")):
            side = self._limits.reading_side if to_read else self._limits.picture_side
            return Video(kind, video_parts(frames, (side, self._limits.reading_side), self._limits), declared_s)
        return Recording(kind, recording_chunks(frames, self._limits), declared_s)

    def excerpt(self, data: bytes, *, key: str, place: Locator) -> Excerpt:
        """See `ports.decoder.Excerpter`. Raises `ServiceUnavailable` where no child can be started."""
        return unpack_excerpt(*self._answer(data, {"key": key, "place": place.to_dict()}))

    def close(self) -> None:
        """End the child. The next object would start another."""
        if self._child is not None:
            self._child.end()
            self._child = None
        self._streaming = False

    def _stream(self, child: "_Child", frame: Frame) -> Iterator[Frame]:
        """The frames of a recording or video. Between two of them the child waits, as long as the reader takes."""
        try:
            while frame[0].get("more"):
                yield frame
                frame = child.go_on()
            self._streaming = False
            _raise_refusal(frame[0])
        except _KilledError as error:
            raise ServiceUnavailable(error.message) from error
        finally:
            if self._streaming and child is self._child:
                self.close()

    def _answer(self, data: bytes, request: dict[str, Any]) -> Frame:
        """The child's reply, or the first part of it, which is no refusal: those are raised."""
        if self._streaming:  # nobody went through the last recording to its end: the child is still sending it
            self.close()
        if not data:
            raise EmptyMedia("the object holds no bytes")
        if len(data) > self._limits.max_bytes:
            raise MediaTooLarge(f"the object has {len(data):,} bytes; at most {self._limits.max_bytes:,} are decoded")
        try:
            frame = self._ask(data, request)
        except _KilledError:  # from outside, as content cannot send SIGKILL; if it made memory run out, it will again
            frame = self._ask(data, request)
        _raise_refusal(frame[0])
        return frame

    def _ask(self, data: bytes, request: dict[str, Any]) -> Frame:
        child = self._ready_child()
        try:
            return child.ask(data, request)
        except BaseException:  # also one that stops this task half-way: the next reply must not be of this object
            self.close()
            raise

    def _ready_child(self) -> "_Child":
        if self._child is not None and not self._child.alive:
            self.close()
        if self._child is None:
            self._child = _Child(self._limits)
        return self._child


class _KilledError(DamagedMedia):
    """The child was ended by SIGKILL while it decoded, and not by us."""


class _Child:
    """One decoding process and the pipes to it."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._process = _start(limits)
        self._requests = cast("BinaryIO", self._process.stdin)
        self._replies = cast("BufferedReader", self._process.stdout)
        self._wait_until_ready()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, data: bytes, request: dict[str, Any]) -> Frame:
        """The child's reply; when it ends instead of replying, the error that says how."""
        return self._reply(self._limits.max_reply, request, data)

    def go_on(self) -> Frame:
        """The next frame of a reply that has more of them; raises what `ask` raises."""
        return self._reply(self._limits.max_part)

    def _reply(self, most: int, *request: Any) -> Frame:
        deadline = _Deadline(self._process, self._limits.timeout_s)
        with deadline, suppress(BrokenFrameError, BrokenPipeError):
            if request:
                write_frame(self._requests, *request)
            frame = read_writable_frame(self._replies, max_payload=most)
            if frame is not None:
                return frame
        raise self._death(timed_out=deadline.passed)

    def end(self) -> None:
        _kill(self._process)
        self._process.wait()
        for pipe in (self._requests, self._replies):
            with suppress(OSError):  # what a dead child did not take is still in the buffer
                pipe.close()

    def _death(self, *, timed_out: bool) -> Permanent:
        try:
            status = self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            return DamagedMedia(NONSENSE)
        if timed_out or status == -signal.SIGXCPU:
            return MediaTooLarge(f"decoding takes longer than {self._limits.timeout_s:g} s")
        if status == -signal.SIGKILL:
            return _KilledError("the decoding process was killed while it decoded this object")
        return DamagedMedia(f"its content ended the decoding process ({_ending(status)})")

    def _wait_until_ready(self) -> None:
        errors = cast("BinaryIO", self._process.stderr)
        with errors:
            with _Deadline(self._process, STARTUP_S), suppress(BrokenFrameError):
                if read_frame(self._replies, max_payload=0) is not None:
                    return
            reason = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
        self.end()
        raise ServiceUnavailable(f"the decoding process does not start: {reason or 'it says nothing'}")


class _Deadline:
    """Kills a process when a block takes longer than `seconds`; that also ends every wait on its pipes."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self.passed = False
        self._process = process
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _pass(self) -> None:
        self.passed = True
        _kill(self._process)


def _start(limits: DecodeLimits) -> "subprocess.Popen[bytes]":
    module = "workers.adapters.decoders.child"
    root = str(Path(workers.__path__[0]).parent)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", module, limits.to_json(), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PYTHONPATH": root, "LANG": "C.UTF-8", **KEEP_FREED_MEMORY},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        )
    except OSError as error:
        raise ServiceUnavailable(f"the decoding process does not start: {error}") from error


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the child's whole session, so that nothing it started keeps our pipes open."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return signal.Signals(-status).name if -status in signal.valid_signals() else f"signal {-status}"


def _raise_refusal(header: dict[str, Any]) -> None:
    if "error" in header:
        # A codec may quote what it stumbled over; and who has taken the child over may say anything.
        message = sentence(str(header.get("message", "")), MESSAGE_CHARS)
        raise REFUSALS.get(str(header["error"]), DamagedMedia)(message or NONSENSE)
