"""What the doctor makes of what it is told: one judgement each."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from minio.error import S3Error

from omnibus.doctor import clock, disk, index, kafka, models, redis, stack, store, weaviate, work
from omnibus.doctor.finding import Finding, Severity
from omnibus.doctor.spaces import judge_spaces
from omnibus.settings import Settings
from omnibus.stacks.state import PartState, Phase, StackState
from producers.setup.topics import Shortfall
from workers.domain.segment import Space

OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR
TEXT = Space("minilm", 384, "all-MiniLM")


def levels(findings: list[Finding]) -> list[Severity]:
    return [each.severity for each in findings]


KAFKA_4 = {0: (0, 13), 3: (0, 13), 18: (0, 4), 19: (2, 7)}


def test_a_broker_that_cannot_choose_the_number_of_replicas_is_too_old() -> None:
    found = kafka.judge_broker(KAFKA_4 | {19: (0, 3)}, "k:9092")
    assert found.severity is ERROR
    assert "install Kafka 2.4 or newer" in found.remedy


def test_a_broker_that_takes_requests_unknown_to_us_is_well() -> None:
    assert kafka.judge_broker(KAFKA_4 | {30_000: (0, 1)}, "k:9092").severity is OK


def test_a_missing_topic_is_an_error_and_too_few_partitions_are_a_warning() -> None:
    missing, few = Shortfall("k:9092", "media.events", 0, 4), Shortfall("k:9092", "rag.queries", 1, 4)
    found = kafka.judge_topics([missing, few])
    assert levels(found) == [ERROR, WARNING]
    assert found[0].line == "topic media.events is missing; make it with: omnibus setup"
    assert "1 partition, not 4" in found[1].found
    assert "--alter --topic rag.queries --partitions 4" in found[1].remedy


def info(**values: Any) -> dict[str, Any]:
    return {"redis_version": "7.0.15", "maxmemory_policy": "noeviction", "aof_enabled": 1} | values


@pytest.mark.parametrize(
    ("said", "expected", "words"),
    [
        (info(), [OK], "Redis 7.0.15"),
        (info(server_name="valkey", valkey_version="9.1.2", redis_version="7.2.4"), [OK], "Valkey 9.1.2"),
        (info(redis_version="6.0.16"), [ERROR], "6.0.16; install 6.2 or newer"),
        (info(maxmemory_policy="allkeys-lru"), [OK, WARNING], "allkeys-lru"),
        (info(maxmemory=1_000_000), [OK, WARNING], "noeviction"),
        (info(maxmemory=1_000_000, maxmemory_policy="volatile-lru"), [OK], "answers"),
        (info(aof_enabled=0), [OK, WARNING], "appendonly yes"),
    ],
)
def test_a_redis_must_be_new_enough_and_keep_what_it_is_given(
    said: dict[str, Any], expected: list[Severity], words: str
) -> None:
    found = redis.judge(said, "r:6379")
    assert levels(found) == expected
    assert words in found[-1].line


def test_an_address_of_redis_is_shown_without_its_password() -> None:
    assert redis.where("redis://:secret@cache/0") == "cache:6379"
    assert redis.where("redis://:secret@[::1]:6380/0") == "[::1]:6380"


@pytest.mark.parametrize("password", ["sec/ret", "sec#ret", "sec?ret", "sec[ret"])
def test_of_an_address_of_redis_that_cannot_be_read_nothing_is_told(password: str) -> None:
    (found,) = redis.check_redis(Settings(redis=f"redis://:{password}@cache:6379/0"))
    assert "OMNIBUS_REDIS cannot be read; write redis://:PASSWORD@host" in found.line
    assert "sec" not in found.line


def test_a_bucket_that_is_missing_is_an_error_with_what_makes_it() -> None:
    (found,) = store.judge_buckets({"media": True, "questions": False}, "services")
    assert found.line == "bucket questions is missing; make it with: omnibus setup"


@pytest.mark.parametrize(
    ("missing", "expected"), [([], OK), (["durable"], WARNING), (["fast"], WARNING), (["fast", "durable"], ERROR)]
)
def test_notifications_by_one_target_only_are_a_warning_and_by_none_an_error(
    missing: list[str], expected: Severity
) -> None:
    assert store.judge_notifications(missing, "media").severity is expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("InvalidAccessKeyId", "does not know the access key"),
        ("SignatureDoesNotMatch", "refuses the secret key"),
        ("AccessDenied", "does not let this access key use the bucket"),
        ("RequestTimeTooSkewed", "clocks by NTP"),
        ("InvalidBucketName", "correct OMNIBUS_BUCKET"),
        ("SlowDown", "SlowDown: said"),
    ],
)
def test_each_refusal_of_an_object_store_is_told_in_words(code: str, words: str) -> None:
    refusal = S3Error(SimpleNamespace(status=403), code, "said", None, None, None)
    assert words in str(store.explained(refusal, "http://s"))


@pytest.mark.parametrize(("version", "expected"), [("1.36.2", OK), ("1.32.0", OK), ("1.31.9", ERROR), ("2.0.0", OK)])
def test_a_weaviate_without_aliases_is_too_old(version: str, expected: Severity) -> None:
    assert weaviate.judge_version(version, "http://w").severity is expected


def test_one_read_only_shard_makes_the_collection_read_only() -> None:
    assert weaviate.read_only([{"status": "READY"}, {"status": "READONLY"}])
    assert not weaviate.read_only([{"status": "READY"}])


def test_an_index_of_other_models_is_an_error_that_names_both_and_the_way_out() -> None:
    (found,) = judge_spaces([TEXT], [Space("minilm", 512, "other")], "the index in x", "remove that directory")
    assert found.severity is ERROR
    assert "all-MiniLM (384 dimensions)" in found.found
    assert "other (512 dimensions)" in found.found
    assert found.remedy.startswith("go back to the profile")
    assert "remove that directory" in found.remedy


def test_an_index_of_the_same_models_is_well() -> None:
    assert levels(judge_spaces([TEXT], [TEXT], "x", "y")) == [OK]


@pytest.mark.parametrize(("held", "in_use"), [([], [TEXT]), ([TEXT], [])])
def test_nothing_is_said_of_an_index_when_nobody_can_tell(held: list[Space], in_use: list[Space]) -> None:
    assert judge_spaces(held, in_use, "x", "y") == []


def test_a_file_in_place_of_the_index_cannot_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / "index"
    file.touch()
    found = index.judge_directory(file)
    assert found is not None
    assert found.severity is ERROR


@pytest.mark.parametrize(
    ("missing", "here", "expected"), [([], True, OK), (["minilm is not here"], True, ERROR), (["x"], False, WARNING)]
)
def test_missing_models_are_an_error_only_where_the_workers_are(
    missing: list[str], *, here: bool, expected: Severity
) -> None:
    found = models.judge_models(missing, "offline", workers_here=here)
    assert found.severity is expected
    assert bool(missing) == ("omnibus models fetch --profile offline" in found.remedy)


@pytest.mark.parametrize(
    ("free", "total", "expected"),
    [(500e9, 1000e9, OK), (99e9, 1000e9, WARNING), (0.9e9, 1.0e9, ERROR), (0.5e9, 1000e9, ERROR), (2e9, 10e9, OK)],
)
def test_a_disk_is_full_below_one_gigabyte_and_nearly_so_below_a_tenth(
    free: float, total: float, expected: Severity
) -> None:
    assert disk.judge(int(free), int(total), "/data").severity is expected


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_the_one_above(tmp_path: Path) -> None:
    assert disk.nearest(tmp_path / "not" / "there") == tmp_path


@pytest.mark.parametrize(
    ("skew_s", "expected"), [(0.4, OK), (-4.9, OK), (5.5, WARNING), (-59.0, WARNING), (61.0, ERROR), (-3600.0, ERROR)]
)
def test_clocks_may_differ_by_seconds_but_not_by_a_minute(skew_s: float, expected: Severity) -> None:
    assert clock.judge_skew(skew_s).severity is expected


def test_a_clock_that_is_ahead_is_not_called_behind() -> None:
    assert "7 s ahead of" in clock.judge_skew(7).found
    assert "7 s behind" in clock.judge_skew(-7).found


def test_no_worker_is_a_warning_with_what_starts_one() -> None:
    answers, ingests, recordings = work.judge_workers(["ingest.light@a", "ingest.light@b"], "services")
    assert answers.severity is WARNING
    assert "omnibus work --queues answer" in answers.remedy
    assert ingests.line == "ingest worker: ingest.light@a, ingest.light@b"
    assert recordings.severity is WARNING
    assert "docker compose up -d ingest-heavy, or omnibus work --queues ingest.heavy" in recordings.remedy


def test_a_dispatcher_that_has_not_reported_is_a_warning_with_what_starts_one() -> None:
    media, questions = work.judge_dispatchers(["questions"], "services")
    assert (media.severity, questions.severity) == (WARNING, OK)
    assert "omnibus dispatch media" in media.remedy


def part(phase: Phase, waits_for: str = "") -> PartState:
    return PartState("answer", phase, 1, 0, waits_for, "answer.log")


def test_parts_that_are_not_ready_are_named_with_what_they_wait_for_and_their_log() -> None:
    parts = (part(Phase.READY), part(Phase.WAITING, "kafka"))
    (found,) = stack.judge_state(StackState(1, 1, False, False, "", {}, parts))
    assert found.line == "answer is waiting, waits for kafka; see answer.log"
    assert found.severity is WARNING
