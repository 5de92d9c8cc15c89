"""`make bench`: starts a stack of its own, measures, prints the table; exit status 1 when a bound is missed."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import Self

from benchmarks import bulk, dispatch, documents, mixed, reading, reconcile, recordings, sandbox, videos
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
    begun = perf_counter()
    status = subprocess.run(
        [sys.executable, "-m", "omnibus", "demo", "--profile", profile], stdout=subprocess.DEVNULL, check=False
    ).returncode
    yield Row("make demo, warm", perf_counter() - begun, 60, "s", f"exit status {status}")
    # Before, between and after the stacks, for the speed of the machine changes; not beside one, which takes of it.
    rates = [_alone_rate(profile, pictures)]
    with (
        detached(load(data=folder / "embedded", profile=profile)),
        Whole(load_running(folder / "embedded")) as whole,
    ):
        yield Row("the stack, idle, no model loaded", whole.resident_mib(), 700, "MiB", "PSS of all processes")
        embedded = _flows(whole, profile, pictures)
        yield Row(f"the stack with profile {profile}", whole.resident_mib(), 6 * 1024, "MiB", "PSS, every model loaded")
    rates.append(_alone_rate(profile, pictures))
    yield from _embedded_rows(embedded, rates)
    with (
        detached(load(data=folder / "services", stack="services", profile=profile), native=True),
        Whole(load_running(folder / "services")) as whole,
    ):
        services = _flows(whole, profile, pictures)
    yield from _services_rows(services, embedded, [rates[-1], _alone_rate(profile, pictures)])
    yield from mixed.measure(profile)
    yield from sandbox.measure(pictures.many[:100])
    yield from documents.measure()
    yield from reading.measure(profile)
    yield from recordings.measure(profile)
    yield from videos.measure()
    yield from bulk.measure()
    yield from dispatch.measure()
    yield from reconcile.measure()


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
    """Medians in milliseconds, through a stack and of the models by themselves, in turn; pictures a second."""

    put_ms: float
    put_alone_ms: float
    question_ms: float
    question_alone_ms: float
    rate: float


def _alone_rate(profile: str, pictures: Pictures) -> float:
    with Alone(profile) as alone:
        return alone.pictures_per_second(decoded(pictures.many))


def _flows(whole: Whole, profile: str, pictures: Pictures) -> Figures:
    """Both flows, once every process has its models.

    What takes milliseconds is done alone each time before it is done by the stack: a model that waits its turn finds
    its weights no longer in the processor's cache, wherever it runs.
    """
    whole.put_to_searchable_ms(pictures.warm_up[0], "first/")
    whole.answer("What is in the pictures?")
    whole.pictures_per_second(pictures.warm_up[1:], "warm/")
    with Alone(profile) as alone:
        puts = [(alone.picture_ms(path), whole.put_to_searchable_ms(path, "one/")) for path in pictures.one_by_one]
        questions = [(alone.question_ms(text), whole.question_to_reply_ms(text)) for text in QUESTIONS]
    return Figures(
        put_alone_ms=median(alone_ms for alone_ms, _ in puts),
        put_ms=median(ms for _, ms in puts),
        question_alone_ms=median(alone_ms for alone_ms, _ in questions),
        question_ms=median(ms for _, ms in questions),
        rate=whole.pictures_per_second(pictures.many, "many/"),
    )


def _embedded_rows(whole: Figures, rates: Sequence[float]) -> Iterator[Row]:
    how = f"p50; decode + embed alone {whole.put_alone_ms:.0f}"
    yield Row("put -> searchable, idle", whole.put_ms, whole.put_alone_ms + 250, "ms", how)
    how = f"p50; model alone {whole.question_alone_ms:.0f}"
    yield Row("question -> reply, hits only", whole.question_ms, whole.question_alone_ms + 60, "ms", how)
    yield _throughput("500 pictures / the model alone", whole, rates)


def _services_rows(whole: Figures, embedded: Figures, rates: Sequence[float]) -> Iterator[Row]:
    against = "p50 {:.0f} ms; embedded {:.0f}"
    put, question = whole.put_ms / embedded.put_ms, whole.question_ms / embedded.question_ms
    yield Row("services: put -> searchable / embedded", put, 1.5, "", against.format(whole.put_ms, embedded.put_ms))
    how = against.format(whole.question_ms, embedded.question_ms)
    yield Row("services: question -> reply / embedded", question, 1.5, "", how)
    yield _throughput("services: 500 pictures / the model alone", whole, rates)


def _throughput(name: str, whole: Figures, rates: Sequence[float]) -> Row:
    how = "alone {:.1f} pictures/s before, {:.1f} after".format(*rates)
    return Row(name, whole.rate / mean(rates), 0.6, "", how, at_most=False)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    raise SystemExit(main())
