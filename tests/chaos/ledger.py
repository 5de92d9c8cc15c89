"""The ledger: what the bucket and the broker have acknowledged, in order, and what then must be so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import time


@dataclass(frozen=True, slots=True)
class Write:
    """An acknowledged write: the etag of what was put, None for a removal. `tries` beyond 1 were seen to fail."""

    at: float
    etag: str | None
    tries: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question that the broker has, and in which of the broker's lives it took it."""

    at: float
    number: int
    generate: bool
    life: int


@dataclass
class Ledger:
    """Shared by the clients, the watcher and the judge. Times are seconds since the epoch, as in the logs."""

    writes: dict[str, list[Write]] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    abandoned: set[str] = field(default_factory=set)
    """Questions that a broker which keeps everything in memory forgot, with whatever reply there was."""
    _lock: Lock = field(default_factory=Lock)

    def wrote(self, key: str, etag: str | None, tries: int) -> None:
        """The bucket has acknowledged it."""
        with self._lock:
            self.writes.setdefault(key, []).append(Write(time(), etag, tries))

    def asked(self, request_id: str, question: Question) -> None:
        """The broker has acknowledged it."""
        with self._lock:
            self.questions[request_id] = question

    def abandon(self, request_id: str) -> bool:
        """It is to be asked anew under another id; whether the caller is the one to do so."""
        with self._lock:
            first = request_id not in self.abandoned
            self.abandoned.add(request_id)
            return first

    def newest(self) -> dict[str, int]:
        """For every key the number of its newest write."""
        with self._lock:
            return {key: len(writes) - 1 for key, writes in self.writes.items()}

    def open_questions(self, answered: Mapping[str, object]) -> list[tuple[str, Question]]:
        """Questions that have no reply, and are still waited for."""
        with self._lock:
            return [
                (request_id, question)
                for request_id, question in self.questions.items()
                if request_id not in answered and request_id not in self.abandoned
            ]

    def shows(self, key: str, number: int, etag: str | None) -> bool:
        """Whether an index that holds `etag` of `key` (None: nothing) has seen its write `number`, or a later one."""
        return any(write.etag == etag for write in self.writes[key][number:])

    @property
    def operations(self) -> int:
        """All that was acknowledged."""
        with self._lock:
            return sum(map(len, self.writes.values())) + len(self.questions)

    def history(self, about: str) -> Iterator[tuple[float, str]]:
        """What was done to a key, or asked as a question: a time and a line for each."""
        if about in self.questions:
            asked = self.questions[about]
            yield asked.at, f"client  asked {asked}"
        for write in self.writes.get(about, ()):
            tries = f" (try {write.tries})" if write.tries > 1 else ""
            yield write.at, f"client  {'removed it' if write.etag is None else f'put {write.etag}'}{tries}"
