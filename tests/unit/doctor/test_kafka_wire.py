"""Kafka's answers read by hand, from whatever may be at the other end."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from omnibus.doctor.kafka_wire import NotKafka, ask_brokers, ask_versions, speaks_tls

NO_ERROR_TWO_APIS = bytes.fromhex("0000000000020003 0000 000d0012 0000 0004".replace(" ", ""))
TWO_BROKERS = (
    bytes.fromhex("00000002")
    + bytes.fromhex("00000001 0005".replace(" ", "")) + b"kafka" + bytes.fromhex("00002384 ffff".replace(" ", ""))
    + bytes.fromhex("00000002 0001".replace(" ", "")) + b"b" + bytes.fromhex("000071a0 0001".replace(" ", "")) + b"r"
)  # fmt: skip


@contextmanager
def server(answer: bytes) -> Iterator[socket.socket]:
    """A connection to what answers any request with these bytes, and closes."""
    ours, theirs = socket.socketpair()

    def reply() -> None:
        theirs.recv(4096)
        theirs.sendall(answer)
        theirs.close()

    thread = Thread(target=reply)
    thread.start()
    ours.settimeout(10)
    with ours:
        yield ours
    thread.join()


def framed(body: bytes, correlation: int = 1) -> bytes:
    return (len(body) + 4).to_bytes(4, "big") + correlation.to_bytes(4, "big") + body


def test_what_a_broker_speaks_is_read() -> None:
    with server(framed(NO_ERROR_TWO_APIS)) as connection:
        assert ask_versions(connection).versions == {3: (0, 13), 18: (0, 4)}


def test_the_addresses_of_all_brokers_are_read_with_and_without_a_rack() -> None:
    with server(framed(TWO_BROKERS)) as connection:
        assert ask_brokers(connection) == [("kafka", 9092), ("b", 29088)]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"-ERR unknown command\r\n",
        bytes.fromhex("15030100020228"),
        framed(NO_ERROR_TWO_APIS, correlation=2),
        framed(NO_ERROR_TWO_APIS[:-3]),
        framed(b"\x00\x23\x00\x00\x00\x00"),
        b"\x00\x00\x00\x08\x00\x00\x00\x01",
    ],
    ids=["closed", "http", "redis", "tls alert", "not ours", "cut off", "an error", "half"],
)
def test_anything_else_is_no_kafka(answer: bytes) -> None:
    with server(answer) as connection, pytest.raises(NotKafka):
        ask_versions(connection)


def test_a_port_where_nothing_listens_speaks_no_tls() -> None:
    assert not speaks_tls("127.0.0.1", 1, 1.0)
