"""Addresses and paths of containers become those of this machine, and nothing else changes."""

from pathlib import Path

import pytest

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.native.remap import Remap, demand_plain

REMAP = Remap(
    "store", {("store", 9000): 20001, ("store", 80): 20002, ("bus", 9092): 20003}, {"/data": Path("/here/my data")}
)


@pytest.mark.parametrize(
    ("label", "text", "remapped"),
    [
        ("--address", ":9000", "127.0.0.1:20001"),
        ("BROKERS", "bus:9092", "127.0.0.1:20003"),
        ("URL", "http://store:80/path", "http://127.0.0.1:20002/path"),
        ("VOTERS", "1@localhost:9000", "1@127.0.0.1:20001"),
        ("LISTENERS", "ONE://:9000,TWO://0.0.0.0:80", "ONE://127.0.0.1:20001,TWO://127.0.0.1:20002"),
        ("MAP", "ONE:PLAINTEXT,TWO:SSL", "ONE:PLAINTEXT,TWO:SSL"),
        ("--host", "0.0.0.0", "127.0.0.1"),
        ("GRPC_PORT", "9000", "20001"),
        ("--port", "80", "20002"),
        ("port", "80", "20002"),
        ("QUEUE_LIMIT", "9000", "9000"),
        ("PEER", "example.org:9000", "example.org:9000"),
        ("PEER", "my-store:9000", "my-store:9000"),
        ("PATH", "/data", "/here/my data"),
        ("PATH", "/data/sub", "/here/my data/sub"),
        ("PATH", "/database", "/database"),
    ],
)
def test_a_value_is_remapped_by_what_it_says_and_what_it_is_for(label: str, text: str, remapped: str) -> None:
    assert REMAP.value(text, label) == remapped


@pytest.mark.parametrize(("label", "text"), [("URL", "bus:1234"), ("URL", ":9001"), ("SOME_PORT", "9001")])
def test_a_port_that_its_service_does_not_declare_is_an_error(label: str, text: str) -> None:
    with pytest.raises(StackFailed, match="neither under `ports` nor under `expose`"):
        REMAP.value(text, label)


def test_a_configuration_file_is_remapped_line_by_line_with_quotes_around_a_path_with_a_space() -> None:
    text = 'bind 0.0.0.0\nport 9000\ndir /data\nsave ""\nmaxmemory 100mb\n'
    assert REMAP.config(text) == 'bind 127.0.0.1\nport 20001\ndir "/here/my data"\nsave ""\nmaxmemory 100mb\n'


@pytest.mark.parametrize("name", ["a,b", "a{1...4}", 'a"b', "a\\b"])
def test_a_folder_that_a_server_would_misread_is_refused(name: str) -> None:
    with pytest.raises(StackFailed, match="choose another one with --data"):
        demand_plain(Path("/tmp") / name)


def test_a_folder_may_have_a_space_in_its_name() -> None:
    demand_plain(Path("/home/me/my data"))
