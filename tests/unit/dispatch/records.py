"""Records as a dispatcher takes them, and hostile ones."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from schemas.notification import Notification, change
from workers.domain.record import Incoming, Position

TOPIC = "media.events"
REDRIVEN = ("redrive", b'{"number": 1, "letter": "a", "first_at": "2031-01-01T00:00:00Z"}')
"""A header of what comes back from the dead letters."""
WICKED: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 10**30, 1.5, -0.0, float("nan"), float("inf")),
    *("", " ", "\0", "a", "%", "%00", "%FF", "é" * 300, "🎉", "\n", "s3:", "text", "../..", "2031-01-01", "0" * 30),
    *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "team.a", "team.none", "YQ==", [], {}, [[]], [None]),
    *([1, "a"], {"key": None}, {"": ""}, {"key": "a", "bucket": "b"}, {"data": "YQ=="}, {"name": "media"}, [{}]),
)
"""Values that do not belong where they are put."""


def record(
    value: bytes | None,
    *,
    offset: int = 0,
    partition: int = 0,
    topic: str = TOPIC,
    headers: tuple[tuple[str, bytes], ...] = (),
) -> Incoming:
    return Incoming(topic, Position(partition, offset), b"key", value, headers)


def told(*notifications: Notification, offset: int = 0, partition: int = 0) -> Incoming:
    """One record that tells of all these changes."""
    together = Notification.of([entry for each in notifications for entry in each.records])
    return record(together.to_json(), offset=offset, partition=partition)


def put(key: str, sequencer: str = "10", bucket: str = "media") -> Notification:
    return change("put", bucket=bucket, key=key, sequencer=sequencer, etag=f"etag of {sequencer}")


def delete(key: str, sequencer: str = "10") -> Notification:
    return change("delete", bucket="media", key=key, sequencer=sequencer)


def _places(value: Any) -> list[Callable[[Any], None]]:
    """A setter for every place inside `value`, itself left out."""
    places: list[Callable[[Any], None]] = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            places.append(lambda new, key=key: value.__setitem__(key, new))
            places += _places(value[key])
    return places


def hostile(sample: bytes) -> st.SearchStrategy[list[bytes | None]]:
    """Ten values: bytes, JSON, `sample` cut off, or `sample` with a few places put wrong."""
    spoilt = st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(WICKED)), min_size=1, max_size=3)
    one = st.one_of(
        st.none() | st.binary(max_size=50),
        st.sampled_from(WICKED).map(lambda value: json.dumps(value).encode()),
        st.integers(0, len(sample)).map(lambda end: sample[:end]),
        spoilt.map(lambda changes: _spoil(sample, changes)),
    )
    return st.lists(one, min_size=10, max_size=10)


def _spoil(sample: bytes, changes: list[tuple[int, Any]]) -> bytes:
    value = json.loads(sample)
    for number, wrong in changes:
        places = _places(value)
        # A copy: what is put in may itself be spoilt by the next change, and the sample of it must not be.
        places[number % len(places)](deepcopy(wrong))
    return json.dumps(value).encode()
