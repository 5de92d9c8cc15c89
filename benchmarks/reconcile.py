"""Reconciliation of 1,000,000 keys: `python -m benchmarks.reconcile`.

The stores are made up: each gives its lines in no order, as fast as it can. All that is ours is real: the adapters'
sorting, the merge, the second look, and the backlog.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, cast

from minio import Minio

from benchmarks.table import Row, print_table
from workers.adapters.bucket.s3 import S3Bucket
from workers.adapters.index.listing import by_key
from workers.adapters.index.rows import RECORD_COLUMNS, record_from
from workers.domain.media import ObjectRef
from workers.domain.segment import ObjectRecord
from workers.ingest.reconcile import Events, reconcile
from workers.ports.index import Index
from workers.spool import by_first

KEYS = 1_000_000
ONE_IN = 1_000
"""Of so many keys one is missing, one stale and one orphaned."""
STEP = 611_953
"""A prime: the n-th key to be listed is number n * STEP modulo KEYS."""
MISSING, STALE, ORPHANED = range(3)
AT = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)


def main() -> int:
    """Measure, print the table."""
    rows = list(measure())
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


def measure() -> Iterator[Row]:
    """The rate and the peak of memory, of a process that does nothing else."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.reconcile", "--alone"], stdout=subprocess.PIPE, check=True)
    figures = json.loads(done.stdout)
    how = f"{figures['seconds']:.1f} s, {figures['processor_s']:.1f} s of a core; {figures['found']}"
    yield Row("reconcile: 1,000,000 keys", KEYS / figures["seconds"], 20_000, "keys/s", how, at_most=False)
    yield Row("reconcile: resident, at most", figures["peak_mib"], 200, "MiB", "1,000,000 keys in bucket and index")


def alone() -> dict[str, Any]:
    """Seconds, those of the processor, peak of resident memory (MiB), and how many of what was found."""
    begun, processor = perf_counter(), process_time()
    found = Counter(
        f"{each.finding.value}{' on the way' if each.on_the_way else ''}"
        for each in reconcile(
            MadeUpBucket(),
            cast("Index", MadeUpIndex()),
            Events(MadeUpBacklog(), MadeUpBacklog()),
            tenant="default",
            name="media",
        )
    )
    return {
        "seconds": perf_counter() - begun,
        "processor_s": process_time() - processor,
        "peak_mib": _peak_mib(),
        "found": dict(sorted(found.items())),
    }


def numbers() -> Iterator[int]:
    """The numbers of all keys, in the order in which they are listed."""
    return (n * STEP % KEYS for n in range(KEYS))


def key_of(number: int) -> str:
    """A key as media have them."""
    return f"cameras/yard {number % 97}/2031-{number % 12 + 1:02}/{number * 2_654_435_761 % 2**32:08x}-é.jpg"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bucket's listing, as minio-py gives it."""

    object_name: str
    etag: str
    size: int = 250_000
    last_modified: datetime = AT
    version_id: str | None = None


class Listing(Minio):
    """An S3 client of a made-up store."""

    def __init__(self) -> None:
        """It connects to nothing."""

    def list_objects(self, *_: Any, **__: Any) -> Iterator[Any]:
        """Every line."""
        return (Line(key_of(n), f"{n:032x}") for n in numbers() if n % ONE_IN != ORPHANED)


class MadeUpBucket(S3Bucket):
    """What it does not list it does not hold."""

    def __init__(self) -> None:
        super().__init__(Listing())

    def stat(self, _ref: ObjectRef) -> None:
        """Nothing: only orphans are looked at again."""


class MadeUpIndex:
    """An index whose store gives its rows in no order. Only what a reconciliation asks for."""

    def __init__(self) -> None:
        self._found = {key_of(n): n for remainder in (STALE, ORPHANED) for n in range(remainder, KEYS, ONE_IN)}

    def objects(self, tenant: str, bucket: str, _prefix: str = "") -> Iterator[ObjectRecord]:
        """Every record, by the sorting that both adapters use."""
        rows = (self._row(n, tenant, bucket) for n in numbers() if n % ONE_IN != MISSING)
        return (record_from(of_key[0]) for of_key in by_key(rows, RECORD_COLUMNS))

    def records(self, refs: Sequence[ObjectRef]) -> Mapping[ObjectRef, ObjectRecord]:
        """Those of differences."""
        held = [(ref, self._found.get(ref.key)) for ref in refs]
        return {ref: record_from(self._row(n, ref.tenant, ref.bucket)) for ref, n in held if n is not None}

    def _row(self, n: int, tenant: str, bucket: str) -> Mapping[str, Any]:
        etag = "an older one" if n % ONE_IN == STALE else f"{n:032x}"
        named = {"object_id": f"{n:036x}", "generation": 1, "tenant": tenant, "bucket": bucket, "key": key_of(n)}
        return {**named, "etag": etag, "sequencer": "17", "version_id": "", "segments": 3, "rejected": ""}


class MadeUpBacklog:
    """Events of some keys."""

    def waiting(self) -> Iterator[tuple[str, datetime]]:
        """Of those that are stale, and of ten times as many that do not differ."""
        rows = ((f"media/{key_of(n)}",) for n in numbers() if n % 100 == STALE)
        return ((str(key), AT) for (key,) in by_first(rows, 1))


def _peak_mib() -> float:
    # Not getrusage, which counts what the parent held when it started this process.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    if "--alone" in sys.argv:
        print(json.dumps(alone()))
    else:
        raise SystemExit(main())
