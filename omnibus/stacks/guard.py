"""Kills what a supervisor leaves behind, also after kill -9 of it. Runs as a script, so it imports nothing of ours.

The supervisor tells its guard through a pipe which process groups it has started and ended. When the supervisor is
gone, however that came about, the pipe closes, and the guard kills every group that is left: the parts and their
children. Only a child that leaves its group (setsid) escapes, and has to bind itself to its parent.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO


class Guard:
    """The supervisor's end of the pipe. `keep_open` are descriptors that the guard holds until all is killed."""

    def __init__(self, keep_open: tuple[int, ...] = ()) -> None:
        self._keep_open = keep_open
        self._groups: set[int] = set()
        self._process = self._start()

    def watch(self, group: int) -> None:
        """Kill this process group when the supervisor is gone."""
        self._groups.add(group)
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """The group is gone already, and its number may be used again."""
        self._groups.discard(group)
        self._tell(f"-{group}")

    def close(self) -> None:
        """Kill every group that is still watched, and wait until that is done."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        self._process.wait()

    @property
    def _pipe(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _start(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in the terminal, or a signal to the supervisor's group, must not reach it.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self._keep_open,
        )

    def _tell(self, line: str) -> None:
        try:
            self._send([line])
        except BrokenPipeError:
            # Someone killed the guard: another one takes over.
            self._process.wait()
            self._process = self._start()
            self._send(f"+{group}" for group in self._groups)

    def _send(self, lines: Iterable[str]) -> None:
        self._pipe.write("".join(line + "\n" for line in lines).encode())
        self._pipe.flush()


def main() -> None:
    """Note the groups that standard input names until it ends; then kill those that are left."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
