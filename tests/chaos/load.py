"""The load: clients that put, overwrite, delete and ask, each in its own order, and try again what fails."""

import io
import uuid
from collections.abc import Callable
from threading import Condition, Event, Thread
from time import monotonic, sleep, time
from typing import TypeVar

from minio.error import MinioException
from urllib3.exceptions import HTTPError

from chaos.contents import content, question
from chaos.ledger import Ledger, Question
from chaos.plan import LANES, Kind, Operation, operations
from chaos.witness import Witness
from omnibus.settings import Settings
from producers.errors import BusUnavailable
from producers.kafka import Publisher
from producers.s3 import s3_client
from schemas.questions import QueryRequested
from schemas.topics import QUERIES

T = TypeVar("T")

AGAIN_S = 0.3
"""How long a client waits before it tries again."""
ANSWER_S = 20.0
"""How long it waits for the bucket: longer than anything is frozen, so that a late request finds its client waiting."""
FORGOTTEN_S = 20.0
"""How long it waits for the answer to a question that the broker may have lost."""
PATIENCE_S = 180.0
"""How long it tries."""


class Load:
    """Clients on one stack, at most `rate` operations a second all together, from `start` to `stop`.

    They do no more than they have been allowed to: so a slow machine has the same load between two volleys as a fast
    one, and is not buried.
    """

    def __init__(self, settings: Settings, seed: int, rate: float, ledger: Ledger, witness: Witness) -> None:
        self._settings = settings
        self._ledger = ledger
        self._witness = witness
        self._pause_s = LANES / rate
        self._stop = Event()
        self._allowed = Condition()
        self._quota = 0
        self._errors: list[BaseException] = []
        self._done = [0] * LANES
        self._threads = [Thread(target=self._run, args=(seed, lane), name=f"client-{lane}") for lane in range(LANES)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def allow(self, more: int) -> None:
        """Let every client do so many operations more."""
        with self._allowed:
            self._quota += more
            self._allowed.notify_all()

    @property
    def idle(self) -> bool:
        """Whether every client has done what it is allowed to."""
        return all(done >= self._quota for done in self._done)

    def stop(self) -> None:
        """Let every client finish what it is at. Raises what ended a client before."""
        self._stop.set()
        self.allow(0)
        for thread in self._threads:
            thread.join()
        self.check()

    def check(self) -> None:
        """Raise what ended a client."""
        if self._errors:
            raise self._errors[0]

    def _run(self, seed: int, lane: int) -> None:
        try:
            with Publisher(self._settings.kafka, source="/chaos") as publisher:
                client = _Client(self._settings, publisher, self._ledger, self._witness)
                for operation in operations(seed, lane):
                    while not self._may_go_on(lane, 0 if operation.at_once else self._pause_s):
                        if self._stop.is_set():
                            return
                        client.ask_anew()
                    client.do(operation)
                    self._done[lane] += 1
        except BaseException as error:  # noqa: BLE001 - told by `check`, in the thread that waits for this one
            self._errors.append(error)

    def _may_go_on(self, lane: int, pause_s: float) -> bool:
        """After its pause; False when it should look around meanwhile."""
        if self._stop.wait(pause_s):
            return False
        with self._allowed:
            return self._allowed.wait_for(lambda: self._done[lane] < self._quota, timeout=1)


class _Client:
    """One client. Whatever it does, it tries until bucket or broker have acknowledged it."""

    def __init__(self, settings: Settings, publisher: Publisher, ledger: Ledger, witness: Witness) -> None:
        self._bucket = settings.bucket
        self._s3 = s3_client(settings.s3, settings.access_key, settings.secret_key, read_s=ANSWER_S, tries=1)
        self._publisher = publisher
        self._ledger = ledger
        self._witness = witness

    def do(self, operation: Operation) -> None:
        """One operation, acknowledged and in the ledger."""
        if operation.kind in (Kind.ASK, Kind.GENERATE):
            self._ask(operation.content, generate=operation.kind is Kind.GENERATE)
        elif operation.kind is Kind.DELETE:
            _, tries = _until_done(lambda: self._s3.remove_object(self._bucket, operation.key))
            self._ledger.wrote(operation.key, None, tries)
        else:
            etag, tries = _until_done(lambda: self._put(operation))
            self._ledger.wrote(operation.key, etag, tries)

    def ask_anew(self) -> None:
        """Ask again, under new ids, what the broker forgot when it died."""
        life = self._witness.life
        for request_id, asked in self._ledger.open_questions(self._witness.replies):
            forgotten = asked.life != life or (
                time() - asked.at > FORGOTTEN_S and self._witness.is_unsafe(asked.life, asked.at)
            )
            if forgotten and self._ledger.abandon(request_id):
                self._ask(asked.number, generate=asked.generate)

    def _put(self, operation: Operation) -> str:
        data = content(operation.key, operation.content)
        written = self._s3.put_object(self._bucket, operation.key, io.BytesIO(data), len(data))
        return (written.etag or "").strip('"')

    def _ask(self, number: int, *, generate: bool) -> None:
        request_id = str(uuid.uuid4())
        asked = QueryRequested(text=question(number), generate=generate, top_k=5)
        life = self._witness.life
        # The same id at every try: whether the broker has it from an earlier one, nobody knows.
        _until_done(lambda: self._publisher.publish(QUERIES.name, asked, key=request_id, event_id=request_id))
        self._ledger.asked(request_id, Question(time(), number, generate, life))


def _until_done(attempt: Callable[[], T]) -> tuple[T, int]:
    """What `attempt` gives at last, and how many tries that took. What fails for `PATIENCE_S` ends the client."""
    tries, until = 1, monotonic() + PATIENCE_S
    while True:
        try:
            return attempt(), tries
        except (MinioException, HTTPError, BusUnavailable, OSError):
            if monotonic() > until:
                raise
            tries += 1
            sleep(AGAIN_S)
