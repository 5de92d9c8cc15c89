"""`make bench-quality`: the table of what is found, heard and read right; exit status 1 when a bound is missed."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.quality.library import Library
from benchmarks.quality.packages import NoMaterial
from benchmarks.quality.pages import pages
from benchmarks.quality.retrieval import pictures, sounds
from benchmarks.quality.speech import speech
from benchmarks.table import Row, print_table
from omnibus.profiles import Models, Profile, profile_named, store_of
from omnibus.settings import load
from workers.adapters.assets.catalog import Asset
from workers.errors import ModelUnavailable

PARTS: dict[str, Callable[[Library], Iterator[Row]]] = {
    "pictures": pictures,
    "pages": pages,
    "sounds": sounds,
    "speech": speech,
}
HEARD = frozenset({"sounds", "speech"})
"""Parts with recordings, which go through the models of speech and of sounds both."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table. The generator is not needed, and not fetched."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"only this one of {', '.join(PARTS)}; by default all")
    chosen = parser.parse_args(arguments).part or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    settings = load(profile="offline")
    store, profile = store_of(settings), profile_named("offline")
    try:
        for asset in _needed(profile, chosen):
            store.fetch(asset)
        with (
            tempfile.TemporaryDirectory(prefix="omnibus-quality-") as folder,
            Library(Models(store, profile), settings, Path(folder)) as library,
        ):
            rows = [row for part in chosen for row in PARTS[part](library)]
    except (NoMaterial, ModelUnavailable) as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


def _needed(profile: Profile, parts: Sequence[str]) -> list[Asset]:
    """The models that these parts go through."""
    seen = [profile.text, profile.image, profile.reader]
    return [*seen, profile.speech, profile.sound] if HEARD & set(parts) else seen


if __name__ == "__main__":
    raise SystemExit(main())
