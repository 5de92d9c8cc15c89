"""Room on the disks that the stack's data and the models are on."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from omnibus.doctor.finding import Finding, error, ok, warning
from omnibus.profiles import cache_of
from omnibus.settings import Settings

ENOUGH_BYTES = 10**9
ENOUGH_SHARE = 0.1
"""Also where Weaviate, by its defaults, turns read-only (DISK_USE_READONLY_PERCENTAGE is 90)."""


def check_disk(settings: Settings) -> Sequence[Finding]:
    """Free space at the data directory and at the model cache; a line for both when they are on one disk."""
    folders = {"data": settings.data.resolve(), "models": cache_of(settings)}
    by_disk: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in folders.items():
        there = nearest(folder)
        by_disk.setdefault(there.stat().st_dev, (there, []))[1].append(name)
    return [
        judge(usage.free, usage.total, f"{there} ({', '.join(names)})")
        for there, names in by_disk.values()
        if (usage := shutil.disk_usage(there))
    ]


def judge(free: int, total: int, at: str) -> Finding:
    """Of bytes that are free, and all of them."""
    found = f"{free / 1e9:,.1f} GB are free at {at}, {free / total:.0%}"
    if free < ENOUGH_BYTES:
        return error("disk", found, "make room there: below 1 GB, writes begin to fail")
    if free < total * ENOUGH_SHARE:
        return warning("disk", found, "make room there: at 90% used, Weaviate turns read-only on such a disk")
    return ok("disk", found)


def nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists())
