"""Recovery: how long after a fault the stack is whole again, and what was under way at that moment is done."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep, time

from chaos.faults import Struck, all_ready
from chaos.ledger import Ledger
from chaos.witness import Witness
from workers.domain.media import DEFAULT_TENANT
from workers.errors import ServiceUnavailable
from workers.ports.index import Index

LOOK_S = 0.5
"""How often it is looked, and so how exact a recovery time is."""
SLOW = 10
"""So many of the last ones are named."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """One volley and what it cost: seconds since its last fault ended.

    `slow` is what was done last, and `left` what was not done in time: keys and questions.
    """

    struck: tuple[Struck, ...]
    ready_s: float
    media_s: float
    questions_s: float
    slow: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Until all of it was done."""
        return max(self.ready_s, self.media_s, self.questions_s)

    def __str__(self) -> str:
        roles = ", ".join(each.strike.role + ("" if each.strike.kills else " (frozen)") for each in self.struck)
        return f"{roles}: ready {self.ready_s} s, media {self.media_s} s, questions {self.questions_s} s"


@dataclass
class Watch:
    """Looks at one stack from outside: its state file, its index, its replies."""

    data: Path
    bucket: str
    index: Index
    ledger: Ledger
    witness: Witness
    _held: dict[str, str] = field(default_factory=dict)

    def recovery(self, struck: Iterable[Struck], limit_s: float, check: Callable[[], None]) -> Recovered:
        """Wait until what these faults interrupted is done, `limit_s` seconds at most. `check` is called meanwhile."""
        begun = time()
        media = self.ledger.newest()
        questions = {request_id for request_id, _ in self.ledger.open_questions(self.witness.replies)}
        ready_s = media_s = questions_s = -1.0
        last_media: Collection[str] = ()
        last_questions: Collection[str] = ()
        while min(ready_s, media_s, questions_s) < 0 and time() - begun < limit_s:
            check()
            if ready_s < 0 and all_ready(self.data):
                ready_s = time() - begun
            if media_s < 0 and self.look():
                last_media, media = media if len(media) < SLOW else (), self._not_shown(media)
                media_s = -1.0 if media else time() - begun
            if questions_s < 0:
                last_questions = questions
                questions = questions - self.witness.replies.keys() - self.ledger.abandoned
                questions_s = -1.0 if questions else time() - begun
            sleep(LOOK_S)
        left = (*([] if ready_s >= 0 else ["a part that is not ready"]), *media, *questions)
        seconds = [limit_s if each < 0 else round(each, 1) for each in (ready_s, media_s, questions_s)]
        slow = (*sorted(last_media)[:SLOW], *sorted(last_questions)[:SLOW])
        return Recovered(tuple(struck), *seconds, slow, tuple(left))

    def look(self) -> bool:
        """See what the index holds; False when it does not answer."""
        try:
            listed = self.index.objects(DEFAULT_TENANT, self.bucket)
            self._held = {record.ref.key: record.version.etag for record in listed}
        except ServiceUnavailable:
            return False
        return True

    def _not_shown(self, media: Mapping[str, int]) -> dict[str, int]:
        return {key: n for key, n in media.items() if not self.ledger.shows(key, n, self._held.get(key))}
