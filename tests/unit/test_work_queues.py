"""What an ingest worker's tasks are to Celery: heavy ones may take hours, and are not handed out twice."""

import pytest
from celery import Celery

from omnibus.settings import load
from omnibus.work import register_ingest
from workers.adapters.jobs.celery import HEAVY_QUEUE, HEAVY_TASK, INGEST_TASK, TIME_LIMIT_S, VISIBILITY_S, make_app


@pytest.fixture
def app() -> Celery:
    made = make_app("redis://127.0.0.1:1/0")
    register_ingest(made, load(heavy_limit_s=7200), [HEAVY_QUEUE])
    return made


def test_a_heavy_task_has_a_limit_of_its_own(app: Celery) -> None:
    assert app.tasks[HEAVY_TASK].time_limit == 7200
    assert app.tasks[INGEST_TASK].time_limit == TIME_LIMIT_S < VISIBILITY_S


def test_a_heavy_task_is_acknowledged_when_it_is_begun_and_a_light_one_when_it_is_done(app: Celery) -> None:
    assert not app.tasks[HEAVY_TASK].acks_late
    assert app.tasks[INGEST_TASK].acks_late
