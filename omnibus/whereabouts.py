"""Where one object is: in the bucket, on its way, in the index, among the dead letters; and what to do about it."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from omnibus.composition import bucket_of, projection_of
from omnibus.gauges import read_progress
from omnibus.ledger import UNREAD, Waiting, as_json, waiting_in
from omnibus.settings import Settings
from producers.dead_letters.box import Selection, open_box
from producers.dead_letters.letter import Letter
from producers.log import TopicLog
from schemas.topics import MEDIA_EVENTS
from workers.adapters.cache.redis import RedisCache
from workers.dispatch.groups import group_of
from workers.dispatch.progress import Stage
from workers.domain.media import ObjectInfo, ObjectRef
from workers.domain.segment import ObjectRecord
from workers.ingest.course import shown_under

BUS_S = 10.0


class State(StrEnum):
    """What can be said of an object in a word."""

    INDEXED = "indexed"
    REJECTED = "rejected"
    ON_THE_WAY = "on the way"
    DEAD = "dead"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """All that is known of one object."""

    ref: ObjectRef
    info: ObjectInfo | None
    held: ObjectRecord | None
    event: Waiting | None
    letter: Letter | None
    course: str = ""
    """How far heavy work on it is, in words."""

    @property
    def state(self) -> State:
        """In a word. Where bucket and index agree, what is on its way changes nothing: MinIO tells every put twice."""
        if self.info is None and self.held is None:
            return State.UNKNOWN
        if self.info is not None and self.held is not None and self.held.version.etag == self.info.etag:
            return State.REJECTED if self.held.rejected else State.INDEXED
        if self.event is not None:
            return State.ON_THE_WAY
        return State.DEAD if self.letter is not None else State.MISSED

    @property
    def why(self) -> str:
        """Why it is so, and what can be done, in a line."""
        redrive = f"; when that is mended: omnibus dlq redrive {self.letter.id[:8]}" if self.letter else ""
        match self.state:
            case State.INDEXED:
                return f"{self.held.segments if self.held else 0} segments can be found"
            case State.REJECTED:
                again = f"; another event of it is {_on_the_way(self.event)}" if self.event else ""
                return f"{self.held.rejected if self.held else ''}{redrive}{again}"
            case State.ON_THE_WAY:
                return f"{_on_the_way(self.event) if self.event else ''}{self.course and ', '}{self.course}"
            case State.DEAD:
                return f"{self.letter.stage}: {self.letter.reason}{redrive}" if self.letter else ""
            case State.MISSED:
                gone = "" if self.info else "removed from the bucket and still in the index; "
                return f"{gone}no event tells of it: omnibus reconcile --fix"
            case State.UNKNOWN:
                return f"there is no such object in bucket {self.ref.bucket}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON types."""
        info, held, event, letter = self.info, self.held, self.event, self.letter
        return {
            "key": self.ref.key,
            "state": self.state.value,
            "why": self.why,
            "bucket": info and {"etag": info.etag, "size": info.size, "last_modified": info.last_modified.isoformat()},
            "index": held and {"etag": held.version.etag, "segments": held.segments, "rejected": held.rejected},
            "event": event and as_json(event),
            "dead_letter": letter
            and {"id": letter.id, "stage": letter.stage, "kind": letter.kind, "reason": letter.reason},
        }


def find(settings: Settings, key: str) -> Whereabouts:
    """Ask bucket, index, bus and dispatchers. Raises `ServiceUnavailable` and `BusUnavailable`."""
    ref = ObjectRef(settings.bucket, key)
    found = _look(settings, ref)
    # They are not asked at one instant: what got from one to the other meanwhile was seen in neither.
    return _look(settings, ref) if found.state is State.MISSED else found


def _look(settings: Settings, ref: ObjectRef) -> Whereabouts:
    cache = RedisCache(settings.redis)
    held = projection_of(settings).records([ref]).get(ref)
    with TopicLog(settings.kafka, timeout_s=BUS_S, group=group_of(MEDIA_EVENTS)) as log:
        letters = open_box(log, MEDIA_EVENTS.dead_letters.name).letters(Selection(prefix=ref.key))
        letter = next(reversed([each for each, is_open in letters if is_open and each.subject == ref.key]), None)
        event = _event(log, ref, cache)
    return Whereabouts(ref, bucket_of(settings).stat(ref), held, event, letter, _course(cache, ref))


def _course(cache: RedisCache, ref: ObjectRef) -> str:
    (told,) = cache.get_many([shown_under(ref)])
    if told is None:
        return ""
    course = json.loads(told)
    return course["stage"] if course["fraction"] is None else f"{course['stage']}: {course['fraction']:.0%} done"


def _event(log: TopicLog, ref: ObjectRef, cache: RedisCache) -> Waiting | None:
    """The event of the object that is not done and says most of it."""
    ends = log.ends(MEDIA_EVENTS.name)
    begins = log.committed(MEDIA_EVENTS.name)
    told = read_progress(cache, MEDIA_EVENTS.name, sorted(ends))
    found = None
    for stored in log.records(MEDIA_EVENTS.name, ends, begins):
        if stored.key == ref.name.encode():
            waiting = waiting_in(stored, told)
            # What stands behind an event that is not done may itself be done, but is not committed.
            taken = [each.position.offset for each in told.get(stored.partition, ())]
            if waiting.stage != UNREAD or not taken or stored.offset > max(taken):
                found = the_telling(found, waiting)
    return found


def the_telling(older: Waiting | None, newer: Waiting) -> Waiting:
    """The newer event, unless it only waits behind one that is in hand, as MinIO's second report of a change does."""
    in_hand = (Stage.QUEUED, Stage.WORKING)
    return older if older is not None and older.stage in in_hand and newer.stage not in in_hand else newer


def _on_the_way(event: Waiting) -> str:
    since = f"since {event.at:%Y-%m-%d %H:%M:%S} UTC"
    if not event.reason:
        return f"{event.stage} {since}"
    return f"{event.stage} {since}, {event.tries} tries; {event.reason}"
