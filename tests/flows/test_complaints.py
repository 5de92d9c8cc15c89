"""What users of comparable systems complain about, and what happens here: objects that change, repeat, or are bad.

The numbers are those of issues in the trackers of the projects named. See docs/reliability.md for all of them.
"""

import io
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from PIL import Image
from running import Stack

from omnibus.composition import projection_of
from omnibus.settings import load_running
from schemas.notification import change
from workers.domain.media import ObjectRef, Version

WaitUntil = Callable[..., Any]
MIB = 1024 * 1024
GOOD = 50
FEW, PICTURES, TIMES = 100, 40, 8
"""Objects after which the worker's memory is looked at, how many of them are pictures, and how often at most."""
GROWTH = 20 * MIB
"""Of a process, over two hundred objects: 240 MB of pixels are decoded then, by two processes."""


def picture(colour: str, size: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(out, "PNG")
    return out.getvalue()


def put(stack: Stack, files: Mapping[str, bytes]) -> None:
    """Into the bucket as any S3 client does it."""
    client = stack.s3()
    for key, content in files.items():
        client.put_object(stack.endpoints["bucket"], key, io.BytesIO(content), len(content))


def hits(stack: Stack, prefix: str, words: str) -> list[dict[str, Any]]:
    """Every segment below the prefix, if they are no more than a hundred."""
    found: list[dict[str, Any]] = stack.run("search", words, "--prefix", prefix, "-k", "100", "--json").json["hits"]
    return found


def test_a_document_that_was_deleted_is_not_cited_any_more(stack: Stack, tmp_path: Path, wait_until: WaitUntil) -> None:
    """ragflow#12520 and #6462: chunks that were deleted are still cited."""
    text = b"The harbour master of Gull Island is called Rosalind."
    stack.upload(tmp_path, {"cited/master.txt": text, "cited/other.txt": b"Mackerel is sold on the quay."})
    question = ("ask", "What is the harbour master of Gull Island called?", "--prefix", "cited/", "--json")
    assert [each["key"] for each in stack.run(*question).json["citations"]] == ["cited/master.txt"]

    stack.s3().remove_object(stack.endpoints["bucket"], "cited/master.txt")
    wait_until(lambda: "cited/master.txt" not in stack.held("cited/"))
    reply = stack.run(*question).json
    assert "cited/master.txt" not in {each["key"] for each in [*reply["citations"], *reply["hits"]]}


def test_what_is_announced_as_indexed_was_written_and_is_found(stack: Stack, tmp_path: Path) -> None:
    """RAG-Anything#277: a document counts as processed, and nothing was written."""
    files = {
        f"written/{n}.txt": "\n\n".join(f"In year {y} buoy {n} was painted." * 12 for y in range(8)).encode()
        for n in range(5)
    }
    files |= {f"written/{colour}.png": picture(colour) for colour in ("red", "green", "blue")}
    stack.upload(tmp_path, files)
    announced: dict[str, int] = {}
    for record in stack.records("rag.index-events", lambda r: r.key.startswith(b"media/written/")):
        told = json.loads(record.value)
        announced[told["key"]] = told["segments"]
        if len(announced) == len(files):
            break
    assert min(announced[key] for key in files if key.endswith(".txt")) > 1
    found = [hit["key"] for hit in hits(stack, "written/", "in which year was the buoy painted?")]
    assert {key: found.count(key) for key in files} == announced


def test_an_object_that_is_told_of_again_and_again_is_there_once(stack: Stack, wait_until: WaitUntil) -> None:
    """haiku.rag#643: queue and database disagree, and duplicates appear."""
    key, bucket = "repeated/a.txt", stack.endpoints["bucket"]
    put(stack, {key: b"The foghorn sounds twice a minute."})
    wait_until(lambda: key in stack.held("repeated/"))
    index = projection_of(load_running(stack.data))
    assert index.delete(ObjectRef(bucket, key), Version("", "F" * 16))

    for number in range(5):
        event = change("put", bucket=bucket, key=key, sequencer=f"{0x18A0 + number:X}".ljust(16, "0"))
        stack.send("media.events", event.to_json(), key=f"{bucket}/{key}".encode())
    with ThreadPoolExecutor(2) as both:
        for done in both.map(lambda _: stack.run("reconcile", "--fix", "--prefix", "repeated/"), range(2)):
            assert done.status == 0, done.err
    wait_until(lambda: stack.run("status", "--json").json["lag"]["media.events"] == 0, timeout_s=60)
    assert [hit["key"] for hit in hits(stack, "repeated/", "how often does the foghorn sound?")] == [key]
    left = stack.run("reconcile", "--json", "--prefix", "repeated/").json
    assert (left["missing"], left["stale"], left["orphaned"]) == (0, 0, 0)


def test_an_upload_never_gets_the_content_of_the_one_before(stack: Stack, wait_until: WaitUntil) -> None:
    """NVIDIA rag#966: the next upload indexes the previous document.

    Good and bad ones of the same length under the same name, one by one and overwritten.
    """

    def text(number: int, year: int) -> str:
        return f"Lamp {number:02} of {year} is lit at dusk."

    for year in (1901, 1902):
        files = {f"next/{n:02}/doc.txt": text(n, year).encode() for n in range(12)}
        torn = {f"next/{n:02}/torn.png": picture("red")[:60] for n in range(0, 12, 3)}
        put(stack, dict(sorted({**files, **torn}.items())))
        expected = {f"next/{n:02}/doc.txt": text(n, year) for n in range(12)}
        wait_until(
            lambda expected=expected: {h["key"]: h["text"] for h in hits(stack, "next/", "lamps lit")} == expected,
            timeout_s=60,
        )


def test_a_large_bad_file_among_many_good_ones_costs_only_itself(stack: Stack, tmp_path: Path) -> None:
    """trustgraph#1085: one large bad file poisons the flow."""
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    bad = {
        "poison/25-torn.json": b"[" + b'{"beacon": "red and white"},' * 700_000,
        "poison/25-bomb.png": bomb.getvalue(),
        "poison/25-small.png": picture("red")[:60],
    }
    good = {f"poison/{n:02}.txt": f"Beacon {n} is inspected in spring.".encode() for n in range(GOOD)}
    outcomes = {o["key"]: o["status"] for o in stack.upload(tmp_path, good | bad)}
    assert outcomes == dict.fromkeys(good, "indexed") | dict.fromkeys(bad, "rejected")
    assert {hit["key"] for hit in hits(stack, "poison/", "inspection of beacons")} == set(good)


def test_the_memory_of_the_worker_does_not_grow_with_what_it_indexed(stack: Stack, tmp_path: Path) -> None:
    """NVIDIA rag#66 and #181: memory grows until the process dies.

    A model's largest batch so far makes a process grow at any time, so it is given several hundreds to settle in.
    """
    held: list[int] = []
    while len(held) < 3 or held[-1] >= held[-3] + GROWTH:
        assert len(held) < TIMES, f"it grew with every hundred objects: {[size // MIB for size in held]} MiB"
        stack.upload(tmp_path / str(len(held)), _some(len(held)))
        held.append(_memory(stack))


def _some(number: int) -> dict[str, bytes]:
    """Objects of which no two are alike: each held on to as pixels would be 3 MB."""
    few = range(FEW * number, FEW * (number + 1))
    texts = {f"memory/{n:03}.txt": f"Entry {n}: wind {n % 12} from the west.".encode() for n in few[:-PICTURES]}
    return texts | {f"memory/{n:03}.png": picture(f"#{n * 4097:06x}", 1000) for n in few[-PICTURES:]}


def _memory(stack: Stack) -> int:
    """Bytes that the largest of the worker's processes holds for itself.

    Not of all: each grows by what the models need, at another time, so their sum says little.
    """
    worker = psutil.Process(stack.group_of("ingest-light"))
    return max(process.memory_full_info().uss for process in worker.children())
