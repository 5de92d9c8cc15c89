"""What `omnibus status` says of the whole, and of one object, on a running stack."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from running import Stack

TORN = b"\xff\xd8\xff\xe0 no picture"


def test_an_object_that_was_indexed_is(stack: Stack, tmp_path: Path) -> None:
    stack.upload(tmp_path, {"status/kept.txt": b"The ferry leaves at noon."})
    told = stack.run("status", "status/kept.txt")
    assert (told.status, told.out) == (0, "status/kept.txt: indexed: 1 segments can be found\n")


def test_an_object_that_was_refused_says_why_and_what_to_do(
    stack: Stack, tmp_path: Path, wait_until: Callable[..., object]
) -> None:
    stack.upload(tmp_path, {"status/torn.jpg": TORN})
    # Its dead letter is written after it was reported.
    wait_until(lambda: "redrive" in stack.run("status", "status/torn.jpg").out, timeout_s=60)
    told = stack.run("status", "status/torn.jpg")
    assert told.status == 1
    assert told.out.startswith("status/torn.jpg: rejected: damaged_media: ")
    assert "omnibus dlq redrive" in told.out


def test_an_object_that_nobody_has_is_unknown(stack: Stack) -> None:
    told = stack.run("status", "status/never", "--json")
    assert (told.status, told.json["state"]) == (1, "unknown")


def test_an_object_that_waits_says_where_and_since_when(
    stack: Stack, tmp_path: Path, wait_until: Callable[..., object]
) -> None:
    with stack.standing_still("ingest-light"):
        (tmp_path / "waits.txt").write_bytes(b"The night boat waits for the tide.")
        stack.run("upload", str(tmp_path / "waits.txt"), "--prefix", "status/")
        wait_until(lambda: _if_on_the_way(stack, "status/waits.txt"))
        whole = stack.run("status", "--json").json
        assert whole["oldest"]["name"] == "status/waits.txt"
        # MinIO tells of it once more a little later.
        assert whole["in_flight"] in {1, 2}
        media = [each for each in whole["partitions"] if each["topic"] == "media.events"]
        assert sum(each["in_work"] for each in media) == 1
        assert all(each["dispatcher"] for each in whole["partitions"])
        assert sum(each["lag"] for each in media) == whole["lag"]["media.events"] >= 1
        assert set(whole["queues"]) == {"ingest.light", "ingest.heavy", "answer"}
    wait_until(lambda: stack.run("status", "status/waits.txt").status == 0, timeout_s=60)


def _if_on_the_way(stack: Stack, key: str) -> dict[str, Any] | None:
    told: dict[str, Any] = stack.run("status", key, "--json").json
    # What a dispatcher has told may be a second old.
    return told if told["state"] == "on the way" and told["event"]["stage"] in {"queued", "working"} else None
