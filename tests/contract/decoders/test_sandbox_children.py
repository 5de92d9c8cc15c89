"""The decoder's child process: what becomes of an object when it is killed, what it has, and that none is left."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from sandboxes import SLOW, decoding_within, png
from waiting import wait_until

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedText
from workers.errors import DamagedMedia, ServiceUnavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")


def is_alive(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


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
