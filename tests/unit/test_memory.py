"""What worker processes do with memory that they have freed."""

import platform
import subprocess
import sys

import pytest

COUNT = """
import ctypes, sys, threading
from omnibus.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(8)
def take():
    together.wait()
    for _ in range(100):
        libc.malloc(5000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.fopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, told)
libc.fflush(told)
"""
"""Has eight threads take memory side by side, and prints what malloc_info(3) tells of the heaps."""


def heaps(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, how], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc only")
def test_threads_of_a_worker_share_two_heaps() -> None:
    """By default each has its own, and keeps what was freed in it."""
    assert heaps("as it is") > 2
    assert heaps("kept") == 2
