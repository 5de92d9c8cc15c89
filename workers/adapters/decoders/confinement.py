"""The limits that the decoding process puts on itself, before it reads its first byte of foreign content.

Limits are for the whole process (setrlimit(2)). The child sets them itself, because code between fork and exec in a
parent with threads and gigabytes of models is slow and unsafe; until its first request it runs nothing but our code.
"""

import ctypes
import math
import os
import resource
import signal
import sys

from workers.adapters.decoders.limits import DecodeLimits

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that the kernel sends when the parent, or the thread of it that started us, ends."""

OPEN_FILES = 32
"""Enough for the pipes and for modules imported later."""


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when process `parent` ends, however that happens. Linux only."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel knew
        os._exit(1)


def confine(limits: DecodeLimits) -> None:
    """Limit memory, open files, written files (none may grow) and core dumps (none)."""
    sys.dont_write_bytecode = True
    for kind, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def allow_processor_time(seconds: float) -> None:
    """Give this process `seconds` more of processor time; past that, the kernel ends it with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
