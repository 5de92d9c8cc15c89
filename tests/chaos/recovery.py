"""Recovery: how long after a fault the stack is whole again, and what was under way at that moment is done."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import sleep, time

from chaos.faults import Struck, all_ready
from chaos.ledger import Ledger
from chaos.witness import Witness
from omnibus.settings import Settings
from omnibus.status import report
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
    waited_for: str = ""
    """What `omnibus status` said was waited for when it was late."""
    left: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Until all of it was done."""
        return max(self.ready_s, self.media_s, self.questions_s)

    def __str__(self) -> str:
        roles = ", ".join(each.strike.role + ("" if each.strike.kills else " (frozen)") for each in self.struck)
        return f"{roles}: ready {self.ready_s} s, media {self.media_s} s, questions {self.questions_s} s"


@dataclass(frozen=True)
class Watch:
    """Looks at one stack from outside: its state file, its index, its replies."""

    settings: Settings
    late_s: float
    """When recovery is late."""
    index: Index
    ledger: Ledger
    witness: Witness

    def recovery(self, struck: Iterable[Struck], limit_s: float, check: Callable[[], None]) -> Recovered:
        """Wait until what these faults interrupted is done, `limit_s` seconds at most. `check` is called meanwhile."""
        begun = time()
        looks = {"ready": self._parts_left, "media": self._media_left(), "questions": self._questions_left()}
        left: dict[str, list[str]] = {}
        last: dict[str, list[str]] = {}
        took: dict[str, float] = {}
        waited_for = ""
        while len(took) < len(looks) and time() - begun < limit_s:
            check()
            for name in looks.keys() - took.keys():
                last[name], left[name] = left.get(name, []), looks[name]()
                if not left[name]:
                    took[name] = round(time() - begun, 1)
            if not waited_for and time() - begun > self.late_s:
                waited_for = self._status()
            sleep(LOOK_S)
        return Recovered(
            struck=tuple(struck),
            **{f"{name}_s": took.get(name, limit_s) for name in looks},
            slow=tuple(about for name in ("media", "questions") for about in last[name][:SLOW]),
            waited_for=waited_for,
            left=tuple(about for each in left.values() for about in each),
        )

    def _parts_left(self) -> list[str]:
        return [] if all_ready(self.settings.data) else ["a part of the stack"]

    def _media_left(self) -> Callable[[], list[str]]:
        """Tells which of the writes that are acknowledged by now the index does not show yet."""
        left = self.ledger.newest()

        def look() -> list[str]:
            nonlocal left
            try:
                listed = self.index.objects(DEFAULT_TENANT, self.settings.bucket)
                held = {record.ref.key: record.version.etag for record in listed}
            except ServiceUnavailable:
                return list(left) or ["the index"]
            left = {key: number for key, number in left.items() if not self.ledger.shows(key, number, held.get(key))}
            return list(left)

        return look

    def _questions_left(self) -> Callable[[], list[str]]:
        """Tells which of the questions that are open by now have no reply yet."""
        asked = [request_id for request_id, _ in self.ledger.open_questions(self.witness.replies)]

        def look() -> list[str]:
            return [id_ for id_ in asked if id_ not in self.witness.replies and id_ not in self.ledger.abandoned]

        return look

    def _status(self) -> str:
        status = report(self.settings)
        return json.dumps({name: status[name] for name in ("in_flight", "retrying", "oldest", "problems")})
