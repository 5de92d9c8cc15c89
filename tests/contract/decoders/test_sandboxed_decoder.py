"""The Decoder contract, kept by a real child process: hostile content costs its own object, and nothing else."""

import contextlib
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedImage, DecodedText
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, Permanent, ServiceUnavailable, UnknownMediaType

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")

SLOW = "[" + '{"a": 1}, ' * 1_000_000 + "[]]"
"""A document that takes seconds."""


@pytest.fixture
def decoder() -> Iterator[SandboxedDecoder]:
    decoder = SandboxedDecoder(DecodeLimits())
    yield decoder
    decoder.close()


@contextlib.contextmanager
def decoding_within(limits: DecodeLimits) -> Iterator[SandboxedDecoder]:
    with contextlib.closing(SandboxedDecoder(limits)) as decoder:
        yield decoder


def wait_until(condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def png(width: int, height: int, colour: tuple[int, ...] = (255, 0, 0)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


# The contract


def test_a_text_comes_back_as_text(decoder: SandboxedDecoder) -> None:
    assert decoder.decode("# Käse 🧀".encode(), key="a.md") == DecodedText("text/markdown", "# Käse 🧀", "markdown")


def test_a_picture_comes_back_as_writable_rgb(decoder: SandboxedDecoder) -> None:
    decoded = decoder.decode(png(1000, 500), key="a.png")
    assert isinstance(decoded, DecodedImage)
    assert (decoded.media_type, decoded.width, decoded.height) == ("image/png", 1000, 500)
    assert decoded.pixels.shape == (320, 640, 3)
    assert decoded.pixels.flags.writeable
    assert np.all(decoded.pixels == (255, 0, 0))


def test_a_picture_to_read_comes_back_larger(decoder: SandboxedDecoder) -> None:
    data, limits = png(3000, 1500), DecodeLimits()
    sizes = []
    for to_read in (False, True, False):
        decoded = decoder.decode(data, key="a.png", to_read=to_read)
        assert isinstance(decoded, DecodedImage)
        assert (decoded.width, decoded.height) == (3000, 1500)
        sizes.append(decoded.pixels.shape[:2])
    small, large = ((side // 2, side) for side in (limits.picture_side, limits.reading_side))
    assert sizes == [small, large, small]


def test_which_part_of_a_picture_is_visible_comes_with_it(decoder: SandboxedDecoder) -> None:
    image = Image.new("RGBA", (100, 80), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (20, 10, 60, 30))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    decoded = decoder.decode(buffer.getvalue(), key="a.png")
    assert isinstance(decoded, DecodedImage)
    assert decoded.visible == (0.2, 0.125, 0.6, 0.375)


@pytest.mark.parametrize(
    ("data", "key", "error"),
    [
        (b"", "a.txt", EmptyMedia),
        (b" \n", "a.txt", EmptyMedia),
        (b"\x7fELF\x02\x01\x01\0", "cat.jpg", UnknownMediaType),
        (bytes(range(256)), "a.txt", UnknownMediaType),
        (b"\x80\x81\xfe\xff" * 20, "a.txt", DamagedMedia),
        (png(300, 300)[:-40], "a.png", DamagedMedia),
        (b"{oops", "a.json", DamagedMedia),
    ],
)
def test_bad_content_is_refused_with_a_sentence(
    decoder: SandboxedDecoder, data: bytes, key: str, error: type[Permanent]
) -> None:
    with pytest.raises(error, match=r"\w+ \w+"):
        decoder.decode(data, key=key)


@pytest.mark.parametrize("key", ["with space+plus%20.txt", "emoji 🦀.txt", "k" * 1000, "\n\0\udcff.txt"])
def test_no_key_disturbs_the_decoder(decoder: SandboxedDecoder, key: str) -> None:
    assert decoder.decode(b"hello", key=key) == DecodedText("text/plain", "hello")


def test_one_process_decodes_many_objects(decoder: SandboxedDecoder) -> None:
    pids = set()
    for number in range(20):
        assert decoder.decode(str(number).encode(), key="a.txt") == DecodedText("text/plain", str(number))
        pids.add(decoder.child_pid)
    assert len(pids) == 1


def test_an_error_in_one_object_leaves_the_process_in_use(decoder: SandboxedDecoder) -> None:
    decoder.decode(b"one", key="a")
    pid = decoder.child_pid
    with pytest.raises(DamagedMedia):
        decoder.decode(png(300, 300)[:-40], key="b")
    assert decoder.decode(b"two", key="c") == DecodedText("text/plain", "two")
    assert decoder.child_pid == pid


# Limits


def test_what_needs_more_memory_than_allowed_is_too_large_and_the_next_object_is_not() -> None:
    with decoding_within(DecodeLimits(memory_bytes=128 * 2**20)) as decoder:
        with pytest.raises(MediaTooLarge, match="more than 128 MiB of memory"):
            decoder.decode(png(5_000, 5_000, (9, 9, 9, 9)), key="bomb.png")
        assert decoder.decode(png(100, 100), key="a.png").media_type == "image/png"


def test_a_page_that_needs_more_memory_than_allowed_is_refused() -> None:
    with decoding_within(DecodeLimits(memory_bytes=128 * 2**20)) as decoder:
        with pytest.raises((MediaTooLarge, DamagedMedia)):
            decoder.decode(b"<html>" + b"<i>x</i>" * 1_900_000, key="a.html")
        assert decoder.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_an_object_larger_than_its_share_of_the_memory_is_not_even_sent() -> None:
    with decoding_within(DecodeLimits(memory_bytes=2**30)) as decoder:
        with pytest.raises(MediaTooLarge, match="at most 134,217,728 are decoded"):
            decoder.decode(bytes(2**27 + 1), key="a")
        assert decoder.child_pid is None


def test_a_decompression_bomb_is_too_large(decoder: SandboxedDecoder) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    with pytest.raises(MediaTooLarge, match="60,000 x 60,000 pixels"):
        decoder.decode(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))), key="a.png")


def test_what_takes_longer_than_allowed_is_too_large_and_the_next_object_is_not() -> None:
    with decoding_within(DecodeLimits(timeout_s=0.5)) as decoder:
        decoder.decode(b"hello", key="a.txt")
        first = decoder.child_pid
        with pytest.raises(MediaTooLarge, match=r"takes longer than 0\.5 s"):
            decoder.decode(SLOW.encode(), key="slow.json")
        assert decoder.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")
        assert decoder.child_pid != first


# A child that is killed


def test_a_child_killed_between_two_objects_costs_none_of_them(decoder: SandboxedDecoder) -> None:
    decoder.decode(b"one", key="a")
    killed = decoder.child_pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert decoder.decode(b"two", key="b") == DecodedText("text/plain", "two")
    assert decoder.child_pid != killed


def kill_each_child(decoder: SandboxedDecoder, sign: signal.Signals, times: int) -> threading.Thread:
    """In a thread: end `times` children, one after another, as soon as each of them is busy."""

    def watch() -> None:
        before = None
        for _ in range(times):
            wait_until(lambda: decoder.child_pid not in (None, before))  # noqa: B023 - waited for in this very round
            before = decoder.child_pid
            busy = psutil.Process(before)
            wait_until(lambda: busy.cpu_times().user > 0.3)  # noqa: B023 - the same
            busy.send_signal(sign)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_an_object_on_which_the_child_is_killed_once_is_decoded_by_the_next_child(decoder: SandboxedDecoder) -> None:
    killer = kill_each_child(decoder, signal.SIGKILL, times=1)
    decoded = decoder.decode(SLOW.encode(), key="a.json")
    killer.join()
    assert decoded.media_type == "application/json"


def test_an_object_on_which_every_child_is_killed_is_damaged_media(decoder: SandboxedDecoder) -> None:
    killer = kill_each_child(decoder, signal.SIGKILL, times=2)
    with pytest.raises(DamagedMedia, match="killed while it decoded"):
        decoder.decode(SLOW.encode(), key="a.json")
    killer.join()
    assert decoder.decode(b"hello", key="b") == DecodedText("text/plain", "hello")


def test_an_object_that_crashes_the_child_is_damaged_media_at_once(decoder: SandboxedDecoder) -> None:
    killer = kill_each_child(decoder, signal.SIGSEGV, times=1)
    with pytest.raises(DamagedMedia, match="SIGSEGV"):
        decoder.decode(SLOW.encode(), key="a.json")
    killer.join()
    assert decoder.decode(b"hello", key="b") == DecodedText("text/plain", "hello")


def test_a_decoding_that_is_interrupted_does_not_answer_for_the_next_object(decoder: SandboxedDecoder) -> None:
    decoder.decode(b"one", key="a")

    def interrupt(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError):
            decoder.decode(SLOW.encode(), key="a.json")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert decoder.decode(b"two", key="b") == DecodedText("text/plain", "two")


@pytest.mark.parametrize("program", ["/no/such/python", "/bin/false"])
def test_a_child_that_does_not_start_is_no_fault_of_the_object(
    decoder: SandboxedDecoder, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", program)
        with pytest.raises(ServiceUnavailable, match="does not start"):
            decoder.decode(b"hello", key="a")
    assert decoder.decode(b"hello", key="a") == DecodedText("text/plain", "hello")


# What the child has and leaves


def test_the_child_has_none_of_the_secrets_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIBUS_SECRET_KEY", "do-not-tell")
    with decoding_within(DecodeLimits()) as decoder:
        decoder.decode(b"hello", key="a")
        environment = Path(f"/proc/{decoder.child_pid}/environ").read_text()
    assert {line.partition("=")[0] for line in environment.split("\0") if line} == {
        *("PYTHONPATH", "LANG", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
    }


def test_the_child_holds_its_limits_and_only_the_ends_of_its_pipes(decoder: SandboxedDecoder) -> None:
    decoder.decode(b"hello", key="a")
    child = psutil.Process(decoder.child_pid)
    assert child.rlimit(psutil.RLIMIT_AS) == (DecodeLimits().memory_bytes,) * 2
    assert child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert child.rlimit(psutil.RLIMIT_CPU)[0] < 60
    files = sorted(str(entry.readlink()).partition(":")[0] for entry in Path(f"/proc/{child.pid}/fd").iterdir())
    assert files == ["/dev/null", "/dev/null", "pipe", "pipe"]


def test_the_child_imports_nothing_heavy(decoder: SandboxedDecoder) -> None:
    decoder.decode(png(10, 10), key="a")
    mapped = Path(f"/proc/{decoder.child_pid}/maps").read_text()
    assert "PIL" in mapped
    assert not any(heavy in mapped for heavy in ("numpy", "torch", "pyarrow", "lancedb", "tokenizers"))


def test_no_child_is_left_after_close(decoder: SandboxedDecoder) -> None:
    decoder.decode(b"hello", key="a")
    pid = decoder.child_pid
    assert pid is not None
    decoder.close()
    assert not psutil.pid_exists(pid)
    decoder.close()


PARENT = """
import sys, time
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder

decoder = SandboxedDecoder(DecodeLimits())
decoder.decode(b"hello", key="a")
print(decoder.child_pid, flush=True)
decoder.decode(sys.stdin.buffer.read(), key="a.json")
"""


@pytest.mark.parametrize("busy", [False, True])
def test_no_child_is_left_when_the_parent_is_killed(busy: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        if busy:
            parent.stdin.write(SLOW.encode())
            parent.stdin.close()
            wait_until(lambda: psutil.Process(child).cpu_times().user > 0.3)
        parent.kill()
        parent.wait()
        wait_until(lambda: not is_alive(child))
