"""One reconciliation: compares, publishes events for what was missed, and notes what it found for the next one."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from time import monotonic

from pydantic import ValidationError

from omnibus.composition import bucket_of, projection_of
from omnibus.reconcile_report import Found, Report
from omnibus.settings import Settings
from producers.kafka import Publisher
from schemas.topics import MEDIA_EVENTS
from workers.adapters.bus.backlog import KafkaBacklog
from workers.adapters.cache.redis import RedisCache
from workers.dispatch.groups import group_of
from workers.domain.media import DEFAULT_TENANT
from workers.errors import ServiceUnavailable
from workers.ingest.reconcile import Difference, Events, reconcile
from workers.ports.cache import Cache

NOTE = "reconcile:last"
"""The cache key of what the last run found: in Redis, because runs may be on several machines."""
NOTE_S = 90 * 24 * 3600
"""How long it is kept: beyond the longest schedule."""
RECORDS_A_CALL = 500


def run(
    settings: Settings, *, prefix: str, fix: bool, tell: Callable[[Difference, int], None], leave_dead: bool = False
) -> Report:
    """Compare what is under `prefix`, and `tell` each difference, with how many events are published by then.

    With `fix`, publish an event for each that has none on the way; with `leave_dead` for none that was given up. A run
    under a prefix is none that others are compared with.
    Raises `ServiceUnavailable` and `BusUnavailable`.
    """
    cache = RedisCache(settings.redis)
    last = last_run(cache)
    at, begun = datetime.now(UTC), monotonic()
    counts: Counter[str] = Counter()
    found = _counted(_differences(settings, prefix), counts, tell)
    if fix:
        with Publisher(settings.kafka, source="/omnibus/reconcile") as publisher:
            _publish((each for each in found if not (leave_dead and each.given_up)), publisher, counts)
    else:
        deque(found, maxlen=0)
    this = Found(at=at, seconds=round(monotonic() - begun, 3), **counts)
    if not prefix:
        # Without it the next run knows of no last one, and says so.
        with suppress(ServiceUnavailable):
            cache.put_many({NOTE: this.model_dump_json().encode()}, ttl_s=NOTE_S)
    return Report(**this.model_dump(), last_run=last)


def last_run(cache: Cache) -> Found | None:
    """What the last run found; None when that is not known."""
    try:
        (noted,) = cache.get_many([NOTE])
        return None if noted is None else Found.model_validate_json(noted)
    except (ServiceUnavailable, ValidationError):
        return None


def _differences(settings: Settings, prefix: str) -> Iterator[Difference]:
    return reconcile(
        bucket_of(settings),
        projection_of(settings),
        Events(
            waiting=KafkaBacklog(settings.kafka, topic=MEDIA_EVENTS.name, group=group_of(MEDIA_EVENTS)),
            # A group that commits nothing: every dead letter there is.
            dead=KafkaBacklog(settings.kafka, topic=MEDIA_EVENTS.dead_letters.name, group="omnibus.reconcile"),
        ),
        tenant=DEFAULT_TENANT,
        name=settings.bucket,
        prefix=prefix,
    )


def _counted(
    found: Iterator[Difference], counts: Counter[str], tell: Callable[[Difference, int], None]
) -> Iterator[Difference]:
    for difference in found:
        counts[difference.finding.value] += 1
        counts["on_the_way" if difference.on_the_way else "given_up" if difference.given_up else "missed"] += 1
        tell(difference, counts["published"])
        yield difference


def _publish(found: Iterator[Difference], publisher: Publisher, counts: Counter[str]) -> None:
    """Send an event for each that has none on the way."""
    missed = (difference for difference in found if not difference.on_the_way)
    while some := list(islice(missed, RECORDS_A_CALL)):
        publisher.publish_all(
            [(MEDIA_EVENTS.name, each.ref.name.encode(), each.notification().to_json(), ()) for each in some]
        )
        counts["published"] += len(some)
