"""Starts a program that dies with the process that started it. Runs as a script, so it imports nothing of ours.

Linux kills the program the moment the *thread* that forked it ends (prctl(2), PR_SET_PDEATHSIG), so whoever uses this
starts programs from a thread that lives as long as the process. The setting does not reach the program's own
children: `guard` kills those with their process group.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""
CANNOT_START = 127
"""Exit status of a shell whose command is not found."""


def tethered(argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` (absolute path first) and dies with the calling process. Costs about 15 ms."""
    # -I and -S: neither the user's environment nor site-packages can change what runs here.
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *argv]


def main(parent: int, argv: Sequence[str]) -> int:
    """Become `argv`; returns only when that is not possible."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It died before the line above could bind us to it.
        return CANNOT_START
    try:
        os.execv(argv[0], list(argv))  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"cannot start {argv[0]}: {error.strerror}\n")
    return CANNOT_START


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), sys.argv[2:]))
