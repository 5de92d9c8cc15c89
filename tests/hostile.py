"""Hostile records, made from real ones by a seeded generator: the same seed gives the same records."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.notification import change
from schemas.questions import QueryCancelled

LARGE = 1_000_000
"""Bytes: close to what a broker takes as it comes."""
WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 1.5, float("nan"), "", "\0", "%00", "é" * 300, "\n", [], {}, [[]], [None], {"": ""}),
    *("../..", "s3:", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "rag.replies", "media.events"),
    *({"key": None}, {"data": "YQ=="}, {"name": "media"}, "x" * 5000, "2031-01-01"),
)
NAMES = (
    "ce_id",
    "ce_type",
    "ce_replytopic",
    "ce_deadline",
    "ce_traceparent",
    "ce_tenant",
    "ce_requestid",
    "x",
    "n\udcff",
)


@dataclass(frozen=True)
class Hostile:
    """One record, as a client would send it."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def notifications(dice: random.Random) -> Hostile:
    """A bucket's notification as it should be, of one to three changes."""
    entries = []
    for _ in range(dice.randrange(1, 4)):
        key = f"hostile/{dice.randrange(500)}.txt"
        sequencer = f"{dice.randrange(2**40):016X}"
        kind = change("put" if dice.random() < 0.8 else "delete", bucket="media", key=key, sequencer=sequencer)
        entries += json.loads(kind.to_json())["Records"]
    value = json.dumps({"EventName": "s3:ObjectCreated:Put", "Key": "media/a", "Records": entries}).encode()
    return Hostile(b"media/hostile", value)


def questions(dice: random.Random) -> Hostile:
    """A question as it should be, or a cancellation. Hits only, where there are none."""
    request_id = f"hostile-{dice.randrange(10**12)}".encode()
    if dice.random() < 0.1:
        headers = (("ce_id", request_id), ("ce_type", QueryCancelled.event_type.encode()))
        return Hostile(request_id, json.dumps({"request_id": f"hostile-{dice.randrange(100)}"}).encode(), headers)
    body = {"text": "what?", "generate": False, "filters": {"prefix": "nowhere/", "modality": ["text"]}, "top_k": 3}
    return Hostile(request_id, json.dumps(body).encode(), (("ce_id", request_id),))


def hostile(make: Callable[[random.Random], Hostile], count: int, seed: int) -> Iterator[Hostile]:
    """`count` records: most of them spoilt in one to three ways, some as they should be, some told again."""
    dice = random.Random(seed)
    before: list[Hostile] = []
    for _ in range(count):
        if before and dice.random() < 0.05:
            yield dice.choice(before)
            continue
        made = make(dice)
        if dice.random() < 0.9:
            for spoil in dice.choices(SPOILERS, k=dice.randrange(1, 4)):
                made = spoil(made, dice)
        if dice.random() < 0.002:
            made = replace(made, value=(made.value or b"") + b" " * LARGE)
        if made.key is None and made.value is None:
            made = replace(made, value=b"")  # nothing at all is no record that the client would send
        before = [*before[-100:], made]
        yield made


def _cut(made: Hostile, dice: random.Random) -> Hostile:
    value = made.value or b""
    return replace(made, value=value[: dice.randrange(len(value) + 1)])


def _bytes(made: Hostile, dice: random.Random) -> Hostile:
    return replace(made, value=dice.randbytes(dice.randrange(200)))


def _inside(made: Hostile, dice: random.Random) -> Hostile:
    value = bytearray(made.value or b"")
    at = dice.randrange(len(value) + 1)
    value[at:at] = dice.choice((b"\0", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"{", b"\\u0000", b"\\ud800", b"1e999"))
    return replace(made, value=bytes(value))


def _deep(made: Hostile, dice: random.Random) -> Hostile:
    depth = dice.choice((10, 300, 20_000))
    return replace(made, value=dice.choice((b"[", b'{"text":', b'{"Records":[')) * depth)


def _empty(made: Hostile, dice: random.Random) -> Hostile:
    return replace(made, value=dice.choice((None, b"", b"null", b"{}", b"[]", b'""', b"NaN")))


def _nothing(made: Hostile, dice: random.Random) -> Hostile:
    del made, dice
    # A record without key and value is nothing that the client would send.
    return Hostile(None, b"")


def _key(made: Hostile, dice: random.Random) -> Hostile:
    return replace(made, key=dice.choice((None, b"", b"\0", b"\xff" * 10, dice.randbytes(8), b"k" * 10_000)))


def _header(made: Hostile, dice: random.Random) -> Hostile:
    value = dice.choice(
        (b"", b"\xff\xfe", b"\0", b"x" * 300, b"2031-01-01T00:00:00Z", b"2020-01-01T00:00:00Z", b"soon")
    )
    more = [(dice.choice(NAMES), dice.choice((value, dice.randbytes(20)))) for _ in range(dice.choice((1, 2, 40)))]
    return replace(made, headers=(*made.headers, *more))


def _place(made: Hostile, dice: random.Random) -> Hostile:
    """Something that does not belong there, at a place inside the JSON."""
    try:
        body = json.loads(made.value or b"")
    except (ValueError, RecursionError):
        return made
    places = list(_places(body))
    if not places:
        return made
    inside, name = dice.choice(places)
    if dice.random() < 0.2:
        del inside[name]
    else:
        inside[name] = dice.choice(WRONG)
    return replace(made, value=json.dumps(body).encode())


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for name in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, name
        yield from _places(value[name])


SPOILERS: Sequence[Callable[[Hostile, random.Random], Hostile]] = (
    *(_cut, _bytes, _inside, _inside, _deep, _empty, _nothing, _key, _header, _header),
    *(_place, _place, _place, _place),
)
