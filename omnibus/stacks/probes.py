"""Whether a server answers: one small request each, in its own protocol, without its client library."""

import socket
import struct
import urllib.error
import urllib.request

from omnibus.stacks.part import Probe
from omnibus.stacks.ports import HOST

TIMEOUT_S = 0.5


def kafka_answers(port: int) -> Probe:
    """Ready when ApiVersions, the first request of every Kafka client, is answered (KIP-35; api key 18, version 0)."""
    client = b"omnibus"
    request = struct.pack(">hhih", 18, 0, 1, len(client)) + client
    return _exchange("Kafka to answer", port, struct.pack(">i", len(request)) + request, expected=b"\x00\x00\x00\x01")


def redis_answers(port: int, password: str) -> Probe:
    """Ready when PING is answered; while the append-only file is being read, the answer is an error."""
    return _exchange("Redis to answer", port, f"AUTH {password}\r\nPING\r\n".encode(), expected=b"+PONG")


def http_answers(what: str, *urls: str) -> Probe:
    """Ready when each of the addresses answers 200. `what` names what is waited for."""

    def probe() -> str | None:
        try:
            for url in urls:
                urllib.request.urlopen(url, timeout=TIMEOUT_S).close()  # noqa: S310 - addresses that we made
        except (OSError, urllib.error.HTTPError):
            return what
        return None

    return probe


def _exchange(what: str, port: int, request: bytes, expected: bytes) -> Probe:
    def probe() -> str | None:
        try:
            with socket.create_connection((HOST, port), timeout=TIMEOUT_S) as connection:
                connection.sendall(request)
                received = b""
                while expected not in received:
                    more = connection.recv(4096)
                    if not more:
                        return what
                    received += more
        except OSError:
            return what
        return None

    return probe
