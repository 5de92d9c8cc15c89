"""The doctor on Kafka, MinIO, Weaviate and Redis: what is wrong is named with its remedy, what goes away is noticed."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from doctor_world import settings_of, worst
from native_servers import NativeStack, running_native_servers
from running import PROFILE, omnibus

from omnibus.doctor.checks import examine
from omnibus.doctor.finding import Fault, Finding, Severity
from omnibus.doctor.kafka import check_broker, judge_topics
from omnibus.doctor.redis import check_redis
from omnibus.doctor.servers import unreachable
from omnibus.doctor.store import check_buckets, check_notifications, check_store
from omnibus.doctor.weaviate import check_collection, check_weaviate, demand_writable
from omnibus.settings import Settings
from omnibus.setup import set_up
from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import demand, minio
from omnibus.stacks.ports import HOST, allocate
from omnibus.stacks.probes import http_answers
from omnibus.stacks.tether import tethered
from producers.s3 import s3_client
from producers.setup.topics import set_up_topics, shortfalls
from workers.adapters.index.weaviate_collection import connect

WaitUntil = Callable[..., Any]
NOWHERE = "127.0.0.1:1"


@pytest.fixture(scope="module")
def stack() -> Iterator[NativeStack]:
    with TemporaryDirectory(prefix="omnibus-") as folder, running_native_servers(Path(folder) / "data") as running:
        set_up(settings_of(running.endpoints, running.data))
        yield running


@pytest.fixture
def settings(stack: NativeStack) -> Callable[..., Settings]:
    """The settings of the servers, some of them others."""
    return lambda **other: settings_of(stack.endpoints, stack.data, **other)


def test_servers_that_were_set_up_are_healthy_and_the_lack_of_workers_is_a_warning(
    settings: Callable[..., Settings],
) -> None:
    found = examine(settings())
    assert [each.line for each in found if each.severity is Severity.ERROR] == []
    assert {"workers", "dispatchers"} <= {each.name for each in found if each.severity is Severity.WARNING}


FAULTS: dict[str, tuple[Callable[[Settings], Any], str, dict[str, str], str]] = {
    "Kafka at the port of MinIO": (check_broker, "s3", {}, "does not answer as Kafka does"),
    "no Kafka": (check_broker, "", {"kafka": NOWHERE}, f"nothing listens at {NOWHERE}"),
    "no port": (check_broker, "", {"kafka": "localhost"}, "is not host:port"),
    "wrong password": (check_redis, "", {"redis": "redis://:wrong@{redis}/0"}, "refuses the password"),
    "no password": (check_redis, "", {"redis": "redis://{redis}/0"}, "refuses the password"),
    "Redis at the port of Kafka": (check_redis, "", {"redis": "redis://{kafka}/0"}, "does not answer as Redis does"),
    "no Redis": (check_redis, "", {"redis": f"redis://{NOWHERE}/0"}, f"nothing listens at {NOWHERE}"),
    "wrong access key": (check_store, "", {"access_key": "x"}, "does not know the access key"),
    "wrong secret key": (check_store, "", {"secret_key": "x"}, "refuses the secret key"),
    "no such bucket": (check_buckets, "", {"bucket": "nobody-made-it"}, "is missing; make it with: omnibus setup"),
    "TLS where there is none": (check_store, "", {"s3": "https://{s3}"}, "no TLS with"),
    "Weaviate in place of MinIO": (check_store, "", {"s3": "{weaviate}"}, "is no object store"),
    "wrong key": (check_weaviate, "", {"weaviate_key": "x"}, "refuses the API key"),
    "no key": (check_weaviate, "", {"weaviate_key": ""}, "wants an API key"),
    "MinIO in place of Weaviate": (check_weaviate, "", {"weaviate": "http://{s3}"}, "is no Weaviate"),
    "REST in place of gRPC": (check_weaviate, "", {"weaviate_grpc": "{rest}"}, "is no gRPC"),
    "no gRPC": (check_weaviate, "", {"weaviate_grpc": NOWHERE}, f"gRPC: nothing listens at {NOWHERE}"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_server_that_cannot_be_used_is_an_error_with_the_reason_and_a_remedy(
    settings: Callable[..., Settings], stack: NativeStack, name: str
) -> None:
    check, kafka, other, words = FAULTS[name]
    at = stack.endpoints
    addresses = {
        "kafka": at.kafka,
        "s3": at.s3.removeprefix("http://"),
        "weaviate": at.weaviate,
        "rest": at.weaviate.removeprefix("http://"),
        "redis": at.redis.partition("@")[2].removesuffix("/0"),
    }
    given = {setting: value.format(**addresses) for setting, value in other.items()}
    if kafka:
        given["kafka"] = addresses[kafka]
    found: Finding = worst(check(settings(**given)))
    assert found.severity is Severity.ERROR
    assert words in found.line
    assert found.remedy
    assert "\n" not in found.line


def test_a_bucket_that_reports_nothing_is_an_error_with_what_sets_that(settings: Callable[..., Settings]) -> None:
    bucket = f"quiet-{uuid4()}"
    at = settings(bucket=bucket)
    s3_client(at.s3, at.access_key, at.secret_key).make_bucket(bucket)
    (found,) = check_notifications(at)
    assert found.severity is Severity.ERROR
    assert "fast and durable; set that with: omnibus setup" in found.line


def test_a_topic_with_too_few_partitions_is_a_warning_with_the_command_that_adds_some(
    settings: Callable[..., Settings],
) -> None:
    topic, kafka = f"narrow-{uuid4()}", settings().kafka
    set_up_topics(kafka, {topic: 1})
    (found,) = judge_topics(shortfalls(kafka, {topic: 4}))
    assert found.severity is Severity.WARNING
    assert f"kafka-topics.sh --bootstrap-server {kafka} --alter --topic {topic} --partitions 4" in found.remedy


@pytest.fixture
def collection(settings: Callable[..., Settings]) -> Iterator[Any]:
    """A collection behind the alias that the index uses, made with other models than those in use."""
    at = settings()
    with connect(at.weaviate, at.weaviate_grpc, at.weaviate_key) as client:
        spaces = '{"spaces": [{"id": "minilm", "dimensions": 3, "model": "another"}]}'
        made = client.collections.create("Omnibus_1", description=spaces)
        client.alias.create(alias_name="Omnibus", target_collection="Omnibus_1")
        yield made
        client.alias.delete(alias_name="Omnibus")
        client.collections.delete("Omnibus_1")


def test_no_collection_yet_is_no_fault(settings: Callable[..., Settings]) -> None:
    (found,) = check_collection(settings())
    assert found.severity is Severity.OK


@pytest.mark.usefixtures("collection")
def test_a_collection_of_other_models_is_an_error_with_the_way_out(settings: Callable[..., Settings]) -> None:
    found = worst(list(check_collection(settings())))
    assert found.severity is Severity.ERROR
    assert "another (3 dimensions)" in found.found
    assert "DELETE /v1/aliases/Omnibus" in found.remedy


def test_a_read_only_weaviate_is_an_error_that_speaks_of_the_disk(
    settings: Callable[..., Settings], collection: Any
) -> None:
    demand_writable(settings())
    collection.config.update_shards("READONLY")
    with pytest.raises(Fault, match="is read-only; free some disk space"):
        demand_writable(settings())


@pytest.fixture
def stopped(stack: NativeStack) -> Iterator[Callable[[str], None]]:
    """Freezes a server: it accepts connections and does not answer. Thawed at the end."""
    frozen: list[int] = []

    def freeze(name: str) -> None:
        pid = next(part.pid for part in stack.state.parts if part.name == name)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        frozen.append(pid)

    yield freeze
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("server", "name"), [("kafka", "kafka"), ("minio", "object store"), ("weaviate", "weaviate"), ("redis", "redis")]
)
def test_a_server_that_hangs_is_noticed_while_the_others_are_well(
    settings: Callable[..., Settings], stopped: Callable[[str], None], server: str, name: str
) -> None:
    assert unreachable(settings()) == {}
    stopped(server)
    (problem,) = unreachable(settings()).items()
    assert problem[0] == name
    assert "answer" in problem[1]


def test_status_of_servers_that_somebody_else_runs_names_no_parts_and_is_ready(
    stack: NativeStack, tmp_path: Path
) -> None:
    found = omnibus("status", "--json", "--data", str(tmp_path), settings=stack.endpoints.as_settings())
    assert found.status == 0, found.err
    assert found.json["parts"] == []
    assert found.json["problems"] == []
    assert found.json["lag"] == {"media.events": 0, "rag.queries": 0}


def test_status_says_of_each_server_that_went_away_why_and_what_to_do(stack: NativeStack, tmp_path: Path) -> None:
    away = {"kafka": NOWHERE, "redis": f"redis://{NOWHERE}/0", "weaviate_key": "wrong", "secret_key": "wrong"}
    found = omnibus("status", "--json", "--data", str(tmp_path), settings=stack.endpoints.as_settings() | away)
    assert found.status == 1
    problems = "\n".join(found.json["problems"])
    assert len(found.json["problems"]) == 4
    for words in ("Kafka: nothing listens", "Redis: nothing listens", "refuses the API key", "refuses the secret key"):
        assert words in problems


@pytest.mark.parametrize(
    "command", [["up", "--stack", "services"], ["up", "--stack", "services", "--detach"], ["setup"]]
)
def test_what_cannot_work_ends_at_once_with_a_line_for_each_server(
    stack: NativeStack, tmp_path: Path, command: list[str]
) -> None:
    wrong = {"kafka": NOWHERE, "weaviate_key": "wrong", "secret_key": "wrong", "redis": f"redis://{NOWHERE}/0"}
    given = stack.endpoints.as_settings() | wrong | {"profile": PROFILE}
    ended = omnibus(*command, "--data", str(tmp_path), settings=given)
    assert ended.status == 1
    lines = ended.err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("omnibus: ") and "; " in line for line in lines)


@pytest.fixture
def minio_alone(tmp_path: Path, wait_until: WaitUntil) -> Iterator[str]:
    """The address of a MinIO that knows of no Kafka."""
    program = demand(minio(Compose.read(project_files() / "docker-compose.yml")))
    address = f"{HOST}:{allocate(['s3'], tmp_path / 'ports.json')['s3']}"
    env = {**os.environ, "MINIO_ROOT_USER": "alone", "MINIO_ROOT_PASSWORD": "alone-secret", "MINIO_BROWSER": "off"}
    command = [*program.argv, "server", "--address", address, str(tmp_path / "objects")]
    with (tmp_path / "minio.log").open("wb") as log:
        server = subprocess.Popen(tethered(command), env=env, stdout=log, stderr=log)
    try:
        wait_until(lambda: http_answers("MinIO", f"http://{address}/minio/health/ready")() is None, timeout_s=60)
        yield f"http://{address}"
    finally:
        server.kill()
        server.wait()


def test_a_minio_without_kafka_targets_fails_the_set_up_in_one_line_with_what_to_set(
    stack: NativeStack, minio_alone: str
) -> None:
    other = {"s3": minio_alone, "access_key": "alone", "secret_key": "alone-secret"}
    ended = omnibus("setup", "--data", str(stack.data), settings=stack.endpoints.as_settings() | other)
    assert (ended.status, len(ended.err.splitlines())) == (1, 1)
    assert "set MINIO_NOTIFY_KAFKA_ENABLE_fast=on" in ended.err


def test_the_doctor_speaks_to_programs(stack: NativeStack, tmp_path: Path) -> None:
    given = stack.endpoints.as_settings() | {"redis": f"redis://{NOWHERE}/0", "profile": PROFILE}
    ended = omnibus("doctor", "--json", "--data", str(tmp_path), settings=given)
    assert ended.status == 1
    assert ended.json["healthy"] is False
    assert all(set(check) == {"name", "severity", "found", "remedy"} for check in ended.json["checks"])
    assert [check["name"] for check in ended.json["checks"] if check["severity"] == "error"] == ["redis"]
