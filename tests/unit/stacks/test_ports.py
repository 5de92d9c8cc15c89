"""Free ports, the same ones again after a restart."""

import socket
from pathlib import Path

from omnibus.stacks.ports import HIGHEST, HOST, LOWEST, allocate


def test_each_name_gets_a_port_of_its_own_outside_the_range_of_outgoing_connections(tmp_path: Path) -> None:
    ports = allocate([f"server {number}" for number in range(20)], tmp_path / "ports.json")
    assert len(set(ports.values())) == 20
    assert all(LOWEST <= port < HIGHEST for port in ports.values())


def test_the_next_start_gets_the_same_ports(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    assert allocate(["a", "b"], file) == allocate(["a", "b"], file)


def test_a_port_that_was_taken_meanwhile_is_replaced_and_the_others_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    before = allocate(["a", "b"], file)
    with socket.socket() as other:
        other.bind((HOST, before["a"]))
        other.listen()
        after = allocate(["a", "b"], file)
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]


def test_a_damaged_file_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text("{half of")
    assert allocate(["a"], file) == allocate(["a"], file)
