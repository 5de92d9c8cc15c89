"""Hostile files in the bucket: each is indexed or rejected with a reason, and what comes after them is found."""

from itertools import islice
from pathlib import Path

import pytest
from media.hostile import HostileFile, corpus
from running import Stack

FILES = 60
LARGE = 2 * 10**6
"""Bytes from which on a file has so many segments that the test would be one of speed."""


@pytest.fixture(scope="module")
def sample() -> list[HostileFile]:
    """Files from all over the corpus."""
    files = [file for file in corpus() if len(file.data) < LARGE]
    return list(islice(files, 0, None, len(files) // FILES))[:FILES]


def pids(stack: Stack) -> dict[str, int]:
    """The process of every part."""
    return {part["name"]: part["pid"] for part in stack.run("status", "--json").json["parts"]}


def test_hostile_files_are_indexed_or_rejected_with_a_reason_and_no_worker_is_lost(
    stack: Stack, tmp_path: Path, sample: list[HostileFile]
) -> None:
    before = pids(stack)
    files = {f"corpus/{file.name}": file.data for file in sample}
    outcomes = stack.upload(tmp_path / "hostile", files)
    assert {outcome["key"] for outcome in outcomes} == set(files)
    assert {outcome["status"] for outcome in outcomes} == {"indexed", "rejected"}
    reasons = [outcome["reason"] for outcome in outcomes if outcome["status"] == "rejected"]
    assert all(reason and reason == " ".join(reason.split()) for reason in reasons)
    assert pids(stack) == before
    good = stack.upload(tmp_path / "good", {"corpus/good.txt": b"Herons nest in the old willow by the weir."})
    assert [outcome["status"] for outcome in good] == ["indexed"]
    assert stack.search("which birds breed by the water?", "--prefix", "corpus/good")[0] == "corpus/good.txt"
