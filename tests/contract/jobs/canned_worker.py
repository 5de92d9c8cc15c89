"""A real Celery worker whose tasks do what the tests say. Runs as a program.

An ingest task notes its process and waits for the test to let it through, then ends as `fakes.jobs.canned` says. A
step of a question notes its name in Redis; the request id says which step raises.
"""

import os
import sys
from typing import Any

from fakes.jobs import canned
from redis import Redis

from workers.adapters.jobs.celery import HEAVY_QUEUE, HEAVY_TASK, INGEST_QUEUE, INGEST_TASK, make_app, signs_of_work
from workers.answer.flow import QUEUE as ANSWER_QUEUE
from workers.answer.flow import AnswerSteps
from workers.domain.change import Change

URL = os.environ["CANNED_REDIS"]
app = make_app(URL)
# It waits for the test as long as that takes.
redis = Redis.from_url(URL, socket_timeout=None)


def ingest(self: Any, changes: list[dict[str, Any]]) -> list[dict[str, str]]:
    redis.set(f"pid:{self.request.id}", os.getpid())
    with signs_of_work(app, self.request.id):
        redis.blpop([f"gate:{self.request.id}"], timeout=60)
    return [outcome.to_dict() for outcome in canned([Change.from_dict(change) for change in changes])]


app.task(name=INGEST_TASK, bind=True)(ingest)
app.task(name=HEAVY_TASK, bind=True, acks_late=False, time_limit=float(os.environ.get("CANNED_LIMIT_S", "600")))(ingest)


def _step(name: str) -> Any:
    def step(*states: Any, request_id: str, retriever: str = "") -> dict[str, Any]:
        what = f"{name} {retriever}".strip()
        # What came before is the first argument: nothing, a state, or the states of a group.
        before = [state["step"] for state in (states[0] if isinstance(states[0], list) else states)] if states else []
        redis.rpush(f"steps:{request_id}", f"{what} < {', '.join(sorted(before))}")
        if request_id.endswith(f"raises in {name}"):
            raise RuntimeError(request_id)
        return {"step": what}

    return step


for each in AnswerSteps.NAMES:
    app.task(name=f"answer.{each}")(_step(each))

if __name__ == "__main__":
    queues = f"{INGEST_QUEUE},{HEAVY_QUEUE},{ANSWER_QUEUE}"
    quiet = ("--without-gossip", "--without-mingle", "--loglevel=WARNING")
    pool = os.environ.get("CANNED_POOL", "threads")
    app.worker_main(["worker", f"--pool={pool}", "--concurrency=4", "-Q", queues, *quiet])
    sys.exit()
