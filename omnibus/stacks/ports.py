"""Free ports on 127.0.0.1, the same ones again after a restart."""

import contextlib
import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

HOST = "127.0.0.1"
LOWEST, HIGHEST = 15_000, 32_000
"""Below the range that Linux takes outgoing connections from (32768 and up): a port there could be taken by any
connection while its server is being restarted."""


def allocate(names: Iterable[str], remembered: Path) -> dict[str, int]:
    """A distinct free port for each name: those in the file `remembered` if they are still free, otherwise new ones.

    The file is brought up to date.
    """
    before = _read(remembered)
    ports: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        if port is None or port in ports.values() or not is_free(port):
            port = _new_port(taken={*ports.values(), *before.values()})
        ports[name] = port
    remembered.write_text(json.dumps(ports, indent=1))
    return ports


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as server:
        # Connections of the server that was here before may linger; they do not hinder a new one.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError:
            return False
    return True


def _new_port(taken: set[int]) -> int:
    while True:
        port = random.randrange(LOWEST, HIGHEST)  # noqa: S311 - not a secret
        if port not in taken and is_free(port):
            return port


def _read(file: Path) -> dict[str, int]:
    with contextlib.suppress(FileNotFoundError, ValueError):
        return {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    return {}
