"""Two requests of Kafka's protocol, by hand: enough to tell a broker from anything else that may listen there.

A client library says "unable to bootstrap" for a wrong port, for a listener that wants TLS and for one that wants SASL.
Sources: KIP-35 (ApiVersions, api key 18, version 0), the protocol's Metadata (api key 3, version 1), KIP-43 (before
SASL is through, a broker closes the connection on anything but ApiVersions).
"""

import socket
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass

CLIENT = b"omnibus"
API_VERSIONS, METADATA = 18, 3
NO_TOPICS = struct.pack(">i", 0)
LARGEST = 1 << 20
"""Bytes of an answer. What another protocol sends reads as a length of gigabytes."""


class NotKafka(Exception):
    """The other end does not answer as Kafka does."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Api key -> the versions it takes (first, last)."""

    versions: Mapping[int, tuple[int, int]]


def ask_versions(connection: socket.socket) -> Answer:
    """What the broker speaks. Raises `NotKafka`."""
    body = _ask(connection, API_VERSIONS, 0)
    try:
        error, count = struct.unpack_from(">hi", body)
        triples = list(struct.iter_unpack(">hhh", body[6 : 6 + 6 * count]))
    except struct.error as problem:
        raise NotKafka("its answer is not Kafka's") from problem
    if error or len(triples) != count:
        raise NotKafka("its answer is not Kafka's")
    return Answer({key: (first, last) for key, first, last in triples})


def ask_brokers(connection: socket.socket) -> list[tuple[str, int]]:
    """Host and port of every broker, as clients are told to use them. Raises `NotKafka` where SASL must come first."""
    body = _ask(connection, METADATA, 1, NO_TOPICS)
    brokers, at = [], 4
    try:
        (count,) = struct.unpack_from(">i", body)
        for _ in range(count):
            host, at = _text(body, at + 4)
            (port,) = struct.unpack_from(">i", body, at)
            _rack, at = _text(body, at + 4)
            brokers.append((host, port))
    except (struct.error, UnicodeDecodeError) as problem:
        raise NotKafka("its answer is not Kafka's") from problem
    return brokers


def speaks_tls(host: str, port: int, timeout_s: float) -> bool:
    """Whether it takes a TLS connection, of whatever certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except ssl.SSLError as problem:
        # A server that wants a client's certificate ends the handshake too, with an alert of its own.
        return "ALERT" in (problem.reason or "")
    except OSError:
        return False


def _ask(connection: socket.socket, key: int, version: int, body: bytes = b"") -> bytes:
    request = struct.pack(">hhih", key, version, 1, len(CLIENT)) + CLIENT + body
    try:
        connection.sendall(struct.pack(">i", len(request)) + request)
        length, correlation = struct.unpack(">ii", _receive(connection, 8))
        if correlation != 1 or not 4 <= length <= LARGEST:
            raise NotKafka("its answer is not Kafka's")
        return _receive(connection, length - 4)
    except TimeoutError as problem:
        raise NotKafka("it does not answer") from problem
    except OSError as problem:
        raise NotKafka("it closes the connection") from problem


def _receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        more = connection.recv(count - len(received))
        if not more:
            raise NotKafka("it closes the connection")
        received += more
    return received


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A string, "" for null, and the position after it."""
    (length,) = struct.unpack_from(">h", body, at)
    end = at + 2 + max(length, 0)
    return body[at + 2 : end].decode(), end
