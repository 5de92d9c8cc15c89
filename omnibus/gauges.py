"""What dispatchers write into the cache for `omnibus status` to read: what each has of its partitions."""

import json
from collections.abc import Iterable, Mapping, Sequence

from workers.dispatch.progress import Unfinished
from workers.ports.cache import Cache

KEPT_S = 10
"""How long it stands after the dispatcher last wrote it, in seconds."""


def write_progress(cache: Cache, topic: str, partitions: Iterable[int], unfinished: Sequence[Unfinished]) -> None:
    """Note what is not done of each partition that this dispatcher has. Raises `ServiceUnavailable`."""
    of: dict[int, list[Unfinished]] = {partition: [] for partition in partitions}
    for each in unfinished:
        if each.position.partition in of:
            of[each.position.partition].append(each)
    noted = {_key(topic, p): json.dumps([each.to_dict() for each in some]).encode() for p, some in of.items()}
    cache.put_many(noted, ttl_s=KEPT_S)


def read_progress(cache: Cache, topic: str, partitions: Sequence[int]) -> Mapping[int, Sequence[Unfinished]]:
    """Partition to what is not done of it; those that no dispatcher has are left out. Raises `ServiceUnavailable`."""
    values = cache.get_many([_key(topic, partition) for partition in partitions])
    return {
        partition: [Unfinished.from_dict(fields) for fields in json.loads(value)]
        for partition, value in zip(partitions, values, strict=True)
        if value is not None
    }


def _key(topic: str, partition: int) -> str:
    return f"progress:{topic}:{partition}"
