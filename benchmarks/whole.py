"""The whole stack, seen from outside: how long a client waits, and what the processes hold."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import psutil

from omnibus.settings import Settings
from omnibus.stacks.state import read_state
from producers.ask import ask
from producers.kafka import Publisher
from producers.s3 import s3_client
from producers.tail import Tail
from schemas.answers import AnswerCompleted
from schemas.envelope import attributes_of
from schemas.index_events import MediaIndexed, MediaRejected
from schemas.questions import QueryRequested
from schemas.topics import INDEX_EVENTS

MIB = 1024 * 1024


class Whole:
    """A running stack."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._s3 = s3_client(settings.s3, settings.access_key, settings.secret_key)
        self._publisher = _Clocked(settings.kafka, source="/benchmarks")

    def put_to_searchable_ms(self, path: Path, prefix: str) -> float:
        """Milliseconds from the beginning of a put to MediaIndexed, of an object that comes alone.

        MediaIndexed is sent after the index's write has returned, and what was written is seen by every later search.
        """
        with Tail(self._settings.kafka, INDEX_EVENTS.name) as tail:
            key, begun = prefix + path.name, perf_counter()
            self._s3.fput_object(self._settings.bucket, key, str(path))
            self._await(tail, {key})
            return (perf_counter() - begun) * 1000

    def pictures_per_second(self, paths: Sequence[Path], prefix: str) -> float:
        """Indexing alone, as in `indexing_s`."""
        return len(paths) / self.indexing_s(paths, prefix)

    def indexing_s(self, paths: Sequence[Path], prefix: str) -> float:
        """Seconds for a backlog: the dispatcher stands still until the client has put everything."""
        with Tail(self._settings.kafka, INDEX_EVENTS.name) as tail:
            with self._standing_still("dispatch-media"):
                for path in paths:
                    self._s3.fput_object(self._settings.bucket, prefix + path.name, str(path))
            begun = perf_counter()
            self._await(tail, {prefix + path.name for path in paths})
            return perf_counter() - begun

    def question_to_reply_ms(self, text: str) -> float:
        """Milliseconds from a question to its reply, hits only. The client's own set-up is not counted."""
        query = QueryRequested(text=text, generate=False)
        reply = ask(self._publisher, self._settings.kafka, query, timeout_s=60)
        assert isinstance(reply, AnswerCompleted), reply
        return (perf_counter() - self._publisher.published_at) * 1000

    def answer(self, text: str) -> None:
        """One question with an answer, so that every model is loaded."""
        ask(self._publisher, self._settings.kafka, QueryRequested(text=text), timeout_s=180)

    def resident_mib(self) -> float:
        """MiB of all processes of the stack; a page that several share is counted once (PSS)."""
        state = read_state(self._settings.data)
        assert state is not None
        supervisor = psutil.Process(state.pid)
        return sum(_pss(process) for process in (supervisor, *supervisor.children(recursive=True))) / MIB

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._publisher.close()

    @contextmanager
    def _standing_still(self, part: str) -> Iterator[None]:
        """The part's process stopped for a while, less than its consumer group's session timeout."""
        state = read_state(self._settings.data)
        assert state is not None
        process = psutil.Process(next(each.pid for each in state.parts if each.name == part))
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    def _await(self, tail: Tail, keys: set[str]) -> None:
        for record in tail.records(timeout_s=600):
            kind, key = attributes_of(record.headers).get("type"), json.loads(record.value)["key"]
            assert kind != MediaRejected.event_type or key not in keys, record.value
            if kind == MediaIndexed.event_type:  # of heavy media one hears before that how far they are
                keys.discard(key)
            if not keys:
                return
        raise TimeoutError(f"{len(keys)} objects were not indexed")


class _Clocked(Publisher):
    """Notes when a question is handed over: what goes before, such as connecting, is not the stack's time."""

    published_at = 0.0

    def publish(self, *arguments: Any, **more: Any) -> str:
        self.published_at = perf_counter()
        return super().publish(*arguments, **more)


def _pss(process: psutil.Process) -> int:
    try:
        found: int = process.memory_full_info().pss
    except psutil.NoSuchProcess:
        return 0
    return found
