"""The course of heavy work: how far it is, told every few seconds, and whether its object is still worth it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from workers.domain.media import ObjectRef
from workers.domain.recording import Recording
from workers.domain.video import Video
from workers.errors import ServiceUnavailable
from workers.ingest.announce import Announcer
from workers.ingest.listen import Heard, Listener
from workers.ingest.look import Sight, look_again
from workers.ingest.notes import NoteBook, kept_under
from workers.ingest.watch import Watched, Watcher
from workers.ports.bucket import Bucket
from workers.ports.cache import Cache

EVERY_S = 3.0
"""Between two looks and messages."""
SHOWN_S = 60
"""How long what was told last can be looked up. It is renewed, but for the minutes that one block may take."""
MOST_TOLD = 0.99
"""Of what was only declared nobody knows whether it is all."""


@dataclass(slots=True)
class Course:
    """Of the work on one object. `clock` gives monotonic seconds."""

    sight: Sight
    bucket: Bucket
    announcer: Announcer
    cache: Cache
    clock: Callable[[], float]
    _due: float = field(default=float("-inf"), init=False)

    def reached(self, stage: str, fraction: float | None) -> None:
        """The work is so far, where that can be said. Raises `ObjectChanged` where it is for nothing by now.

        To be called often: most calls do nothing. A server that is away does not end the work.
        """
        if self.clock() < self._due:
            return
        self._due = self.clock() + EVERY_S
        with suppress(ServiceUnavailable):
            look_again(self.bucket, self.sight)
        fraction = None if fraction is None else round(min(fraction, MOST_TOLD), 3)
        told = json.dumps({"stage": stage, "fraction": fraction}).encode()
        with suppress(ServiceUnavailable):
            self.cache.put_many({shown_under(self.sight.ref): told}, ttl_s=SHOWN_S)
            self.announcer.progressed(self.sight.change, self.sight.version, stage, fraction)


def shown_under(ref: ObjectRef) -> str:
    """The key of the cache for how far the work on an object is."""
    return f"course:{ref.trace}"


@dataclass(frozen=True, slots=True)
class Hearing:
    """Listens to recordings of the bucket, and watches its videos: their course is told, and what was heard is kept."""

    listener: Listener
    watcher: Watcher
    notebook: NoteBook
    bucket: Bucket
    announcer: Announcer
    cache: Cache
    clock: Callable[[], float]

    def hear(self, sight: Sight, recording: Recording, digest: str) -> Heard:
        """What is heard in the recording, whose bytes have this sha256.

        Raises what `Listener.listen` raises, and `ObjectChanged`.
        """
        return self._listen(sight, recording, digest, self._passed(sight, "listen", recording.declared_s))

    def watch(self, sight: Sight, video: Video, digest: str) -> Watched:
        """What is in the video, whose bytes have this sha256.

        Raises what `Watcher.watch` raises, and `ObjectChanged`.
        """
        passed = self._passed(sight, "watch", video.declared_s)
        return self.watcher.watch(
            sight.ref, video, lambda recording: self._listen(sight, recording, digest, passed), passed=passed
        )

    def _listen(self, sight: Sight, recording: Recording, digest: str, passed: Callable[[float], None]) -> Heard:
        key = kept_under(self.listener.models, digest)
        return self.listener.listen(
            recording,
            self.notebook.read(key),
            noted=lambda notes: self.notebook.write(sight.ref, key, notes),
            passed=passed,
        )

    def _passed(self, sight: Sight, stage: str, declared_s: float) -> Callable[[float], None]:
        """Tells the course of one object by the seconds that are done."""
        course = Course(sight, self.bucket, self.announcer, self.cache, self.clock)
        return lambda seconds: course.reached(stage, seconds / declared_s if declared_s else None)
