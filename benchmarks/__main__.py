"""`make bench`: starts a stack of its own, measures, prints the table; exit status 1 when a bound is missed."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.alone import Alone, decoded
from benchmarks.pictures import write_pictures
from benchmarks.table import Row, print_table
from benchmarks.whole import Whole
from omnibus.cli.progress import prepare_models
from omnibus.cli.up import detached
from omnibus.settings import load, load_running

ONE_BY_ONE = 30
MANY = 500
WARM_UP = 128
QUESTIONS = [
    f"Where is the {thing} of the {place}?"
    for thing in ("key", "map", "boat", "bell", "lamp")
    for place in ("harbour", "school", "tower", "mill", "station", "park")
]


def main() -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--profile", default="offline")
    profile = parser.parse_args().profile
    prepare_models(load(profile=profile))
    with tempfile.TemporaryDirectory(prefix="omnibus-bench-") as folder:
        rows = list(_measure(Path(folder), profile))
    print_table(rows)
    return 0 if all(row.holds for row in rows) else 1


def _measure(folder: Path, profile: str) -> Iterator[Row]:
    pictures = write_pictures(_made(folder / "pictures"), MANY + ONE_BY_ONE)
    one_by_one, many = pictures[:ONE_BY_ONE], pictures[ONE_BY_ONE:]
    # By itself first: with a stack beside it, the model would not have the machine.
    alone = Alone(profile)
    embed_ms = alone.decode_and_embed_ms(one_by_one)
    question_ms = alone.question_ms(QUESTIONS)
    rate = alone.pictures_per_second(decoded(many))
    alone.close()

    data = folder / "data"
    with detached(load(data=data, profile=profile)):
        whole = Whole(load_running(data))
        yield Row("the stack, idle, no model loaded", whole.resident_mib(), 700, "MiB", "PSS of all processes")
        whole.put_to_searchable_ms(one_by_one[:2], "warm/")
        whole.answer("What is in the pictures?")
        put_ms = whole.put_to_searchable_ms(one_by_one, "one/")
        yield Row("put -> searchable, idle", put_ms, embed_ms + 250, "ms", f"p50; decode + embed alone {embed_ms:.0f}")
        reply_ms = whole.question_to_reply_ms(QUESTIONS)
        yield Row(
            "question -> reply, hits only", reply_ms, question_ms + 60, "ms", f"p50; model alone {question_ms:.0f}"
        )
        whole.pictures_per_second(many[:WARM_UP], "warm-up/")  # until every process has its model
        share = whole.pictures_per_second(many, "many/") / rate
        yield Row("500 pictures / the model alone", share, 0.6, "", f"alone {rate:.1f} pictures/s", at_most=False)
        yield Row(f"the stack with profile {profile}", whole.resident_mib(), 6 * 1024, "MiB", "PSS, every model loaded")
    begun = perf_counter()
    status = subprocess.run(
        [sys.executable, "-m", "omnibus", "demo", "--profile", profile], stdout=subprocess.DEVNULL, check=False
    ).returncode
    yield Row("make demo, warm", perf_counter() - begun, 60, "s", f"exit status {status}")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
