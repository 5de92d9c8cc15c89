"""`make bench`: starts a stack of its own, measures, prints the table; exit status 1 when a bound is missed."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Self

from benchmarks import bulk, dispatch, reconcile, recordings
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
    pictures = Pictures.made(_made(folder / "pictures"))
    # By itself first: with a stack beside it, the model would not have the machine.
    alone = _alone(profile, pictures)
    yield from recordings.measure(profile)
    with detached(load(data=folder / "embedded", profile=profile)):
        whole = Whole(load_running(folder / "embedded"))
        yield Row("the stack, idle, no model loaded", whole.resident_mib(), 700, "MiB", "PSS of all processes")
        embedded = _flows(whole, pictures)
        yield Row(f"the stack with profile {profile}", whole.resident_mib(), 6 * 1024, "MiB", "PSS, every model loaded")
    yield from _embedded_rows(embedded, alone)
    begun = perf_counter()
    status = subprocess.run(
        [sys.executable, "-m", "omnibus", "demo", "--profile", profile], stdout=subprocess.DEVNULL, check=False
    ).returncode
    yield Row("make demo, warm", perf_counter() - begun, 60, "s", f"exit status {status}")
    with detached(load(data=folder / "services", stack="services", profile=profile), native=True):
        services = _flows(Whole(load_running(folder / "services")), pictures)
    yield from _services_rows(services, embedded, alone)


@dataclass(frozen=True, slots=True)
class Pictures:
    """No picture is in two of these: the second time, its embedding would come from the cache."""

    one_by_one: Sequence[Path]
    warm_up: Sequence[Path]
    many: Sequence[Path]

    @classmethod
    def made(cls, folder: Path) -> Self:
        """Written to `folder`."""
        paths = write_pictures(folder, ONE_BY_ONE + WARM_UP + MANY)
        return cls(paths[:ONE_BY_ONE], paths[ONE_BY_ONE:-MANY], paths[-MANY:])


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians in milliseconds, and pictures a second: of the models by themselves, or of a whole stack."""

    put_ms: float
    question_ms: float
    rate: float


def _alone(profile: str, pictures: Pictures) -> Figures:
    alone = Alone(profile)
    try:
        return Figures(
            put_ms=alone.decode_and_embed_ms(pictures.one_by_one),
            question_ms=alone.question_ms(QUESTIONS),
            rate=alone.pictures_per_second(decoded(pictures.many)),
        )
    finally:
        alone.close()


def _flows(whole: Whole, pictures: Pictures) -> Figures:
    """Both flows, once every process has its models."""
    whole.put_to_searchable_ms(pictures.warm_up[:2], "first/")
    whole.answer("What is in the pictures?")
    whole.pictures_per_second(pictures.warm_up[2:], "warm/")
    return Figures(
        put_ms=whole.put_to_searchable_ms(pictures.one_by_one, "one/"),
        question_ms=whole.question_to_reply_ms(QUESTIONS),
        rate=whole.pictures_per_second(pictures.many, "many/"),
    )


def _embedded_rows(whole: Figures, alone: Figures) -> Iterator[Row]:
    how = f"p50; decode + embed alone {alone.put_ms:.0f}"
    yield Row("put -> searchable, idle", whole.put_ms, alone.put_ms + 250, "ms", how)
    how = f"p50; model alone {alone.question_ms:.0f}"
    yield Row("question -> reply, hits only", whole.question_ms, alone.question_ms + 60, "ms", how)
    how = f"alone {alone.rate:.1f} pictures/s"
    yield Row("500 pictures / the model alone", whole.rate / alone.rate, 0.6, "", how, at_most=False)


def _services_rows(whole: Figures, embedded: Figures, alone: Figures) -> Iterator[Row]:
    against = "p50 {:.0f} ms; embedded {:.0f}"
    put, question = whole.put_ms / embedded.put_ms, whole.question_ms / embedded.question_ms
    yield Row("services: put -> searchable / embedded", put, 1.5, "", against.format(whole.put_ms, embedded.put_ms))
    how = against.format(whole.question_ms, embedded.question_ms)
    yield Row("services: question -> reply / embedded", question, 1.5, "", how)
    how = f"alone {alone.rate:.1f} pictures/s"
    yield Row("services: 500 pictures / the model alone", whole.rate / alone.rate, 0.6, "", how, at_most=False)
    yield from bulk.measure()
    yield from dispatch.measure()
    yield from reconcile.measure()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
