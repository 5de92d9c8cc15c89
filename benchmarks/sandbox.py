"""Decoding pictures in the child process, against the same decoding in the worker itself."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.table import Row
from omnibus.composition import decoder_of
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pictures import load_codecs


def measure(pictures: Sequence[Path]) -> Iterator[Row]:
    """What the sandbox adds to each of these pictures (median), both ways in turn."""
    limits = DecodeLimits()
    load_codecs()
    with closing(decoder_of()) as decoder:
        decoder.decode(pictures[0].read_bytes(), key="first")
        pairs = []
        for path in pictures:
            data = path.read_bytes()
            alone = _ms(partial(decode, data, "", limits))
            pairs.append((alone, _ms(partial(decoder.decode, data, key=""))))
    added = median(ours - alone for alone, ours in pairs)
    how = f"p50; in the worker {median(alone for alone, _ in pairs):.1f} ms a picture"
    yield Row("sandbox: what it adds to a picture", added, 5, "ms", how)


def _ms(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return (perf_counter() - begun) * 1000
