"""Every setting, with its default: `OMNIBUS_*` variables win over `omnibus.toml`, and that over the running stack."""

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from schemas.topics import MEDIA_EVENTS, QUERIES, Topic

PREFIX = "OMNIBUS_"
NOT_SETTINGS = {"OMNIBUS_DEBUG", "OMNIBUS_BIND"}
"""Variables with our prefix that are read elsewhere: by the command before it has settings, by docker-compose.yml."""
SETTINGS_FILE = "omnibus.toml"
STATE_FILE = "endpoints.json"
FETCH_WAIT_MS = 500
"""Kafka wakes a waiting fetch when a record comes."""
EMBEDDED_FETCH_WAIT_MS = {QUERIES: 10, MEDIA_EVENTS: 50}
"""Tansu does not, so its wait is the latency; and every fetch costs: 10 ms for both kept 0.4 of a core busy."""


class Settings(BaseSettings):
    """What an operator can set; `docs/settings.md` has the same table, and a test holds them together."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data: Path = Field(default=Path(".omnibus"), description="Folder of a stack: state, logs, what its servers keep")
    stack: Literal["embedded", "services"] = Field(
        default="embedded",
        description="Which servers are used: those that come with Omnibus, or Kafka, MinIO, Weaviate and Redis",
    )
    profile: str = Field(default="offline", description="Which models are used: `offline` or `offline-small`")
    model_cache: Path | None = Field(default=None, description="Folder of the models; the user's cache if not set")

    kafka: str = Field(default="127.0.0.1:9092", description="Kafka's `host:port`")
    s3: str = Field(default="http://127.0.0.1:9000", description="The object store's address")
    access_key: str = Field(default="", description="Access key of the object store")
    secret_key: str = Field(default="", description="Secret key of the object store", repr=False)
    bucket: str = Field(default="media", description="The bucket that is indexed")
    question_bucket: str = Field(
        default="questions", description="The bucket for pictures that are part of a question; it is not indexed"
    )
    redis: str = Field(default="redis://127.0.0.1:6379/0", description="Broker, results and cache", repr=False)

    weaviate: str = Field(default="http://127.0.0.1:8080", description="Weaviate's address (stack `services`)")
    weaviate_grpc: str = Field(default="127.0.0.1:50051", description="`host:port` of Weaviate's gRPC")
    weaviate_key: str = Field(default="", description="API key of Weaviate", repr=False)

    reply_topics: list[str] = Field(
        default=["rag.replies", "rag.replies.*"],
        description="Topics that a requester may name for replies (shell patterns)",
    )
    batch: int = Field(default=32, ge=1, le=256, description="Most objects in one ingest task")
    ingest_processes: int = Field(
        default=2, ge=1, description="Processes of an ingest worker; they share the machine's cores"
    )
    ingest_jobs: int = Field(
        default=4, ge=1, description="Ingest tasks at a time: twice the number of ingest processes keeps them all busy"
    )
    heavy_jobs: int = Field(
        default=1, ge=1, description="Heavy ingest tasks (recordings) at a time: one for each worker of `ingest.heavy`"
    )
    heavy_limit_s: float = Field(
        default=14_400,
        gt=0,
        description="Seconds after which a heavy ingest task is killed; it goes on from what it had done",
    )
    fetch_wait_ms: int | None = Field(
        default=None,
        ge=1,
        description="How long Kafka may hold back an empty answer; if not set, 500, "
        "and of the embedded broker 10 for questions, 50 for media",
    )
    in_flight: int = Field(
        default=256, ge=1, description="Most events in flight before a topic's partitions are paused"
    )
    media_lease_s: float = Field(
        default=120, gt=0, description="Seconds after which an ingest task that no worker has begun is sent again"
    )
    question_lease_s: float = Field(
        default=120, gt=0, description="Seconds after which a question that got no reply is sent again"
    )
    tries: int = Field(
        default=5,
        ge=1,
        description="Tries before an event becomes a dead letter; waiting for a server that is away is none",
    )
    deadline_s: float = Field(default=300, gt=0, description="Seconds a question may take if it names no deadline")
    reconcile_every_s: float = Field(
        default=600, ge=1, description="Seconds between two reconciliations, where they are run on a schedule"
    )
    max_object_bytes: int = Field(default=100_000_000, gt=0, description="Largest object of any kind, in bytes")
    read_pictures: Literal["likely", "all", "none"] = Field(
        default="likely",
        description="In which pictures text is read: `likely`, where a quick look sees lines of it, and pages without "
        "text; `all`, or `none`",
    )
    read_exif: bool = Field(
        default=True, description="Whether it is kept when and where pictures were taken (EXIF), to be searched by"
    )
    answer_threads: int = Field(default=8, ge=1, description="Threads of an answer worker")
    answer_tokens: int = Field(default=160, ge=1, description="Most tokens in an answer")

    def fetch_wait(self, topic: Topic) -> int:
        """`fetch_wait_ms`, by the stack and the topic where it is not set."""
        usual = FETCH_WAIT_MS if self.stack == "services" else EMBEDDED_FETCH_WAIT_MS[topic]
        return self.fetch_wait_ms or usual

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values, then the environment, then `omnibus.toml`, then what the running stack wrote down."""
        del dotenv_settings, file_secret_settings
        written = _from_file(settings_cls, Path(SETTINGS_FILE), tomllib.loads)
        data = init_settings().get("data") or os.environ.get(f"{PREFIX}DATA") or written().get("data") or ".omnibus"
        running = _from_file(settings_cls, Path(str(data)) / STATE_FILE, json.loads)
        return init_settings, env_settings, written, running


def load(**given: Any) -> Settings:
    """The settings; those `given` win, None means not given.

    Raises `ValueError` with one line per problem: an unknown key, a value of the wrong kind.
    """
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX)
        and name not in NOT_SETTINGS
        and name[len(PREFIX) :].lower() not in Settings.model_fields
    )
    if unknown:
        raise ValueError(f"unknown setting {', '.join(unknown)}; docs/settings.md lists them all")
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except SettingsError as error:
        raise ValueError(f'{error}; a list is written as JSON: ["one", "two"]') from error
    except ValidationError as error:
        problems = (f"setting {'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
        raise ValueError("\n".join(problems)) from error


def _from_file(settings_cls: type[BaseSettings], path: Path, parse: Callable[[str], Any]) -> PydanticBaseSettingsSource:
    """The settings in a file, none where there is no file. Raises `ValueError` with a line that names the file."""
    try:
        values = parse(path.read_text()) if path.exists() else {}
    except ValueError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} cannot be read: it holds no settings")  # noqa: TRY004 - as for other bad content
    if unknown := sorted(set(values) - set(settings_cls.model_fields)):
        raise ValueError(f"{path}: unknown setting {', '.join(unknown)}; docs/settings.md lists them all")
    return InitSettingsSource(settings_cls, init_kwargs=values)


def load_running(data: Path, **given: Any) -> Settings:
    """The settings of the stack that runs on `data`, whatever the environment says of another one."""
    return load(data=data, **json.loads((data / STATE_FILE).read_text()) | given)


def write_endpoints(data: Path, endpoints: dict[str, Any]) -> None:
    """Note the running stack's addresses and credentials in its folder, readable by its owner alone."""
    path = data / STATE_FILE
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(endpoints, file)
    partial.replace(path)
