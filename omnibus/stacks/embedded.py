"""The embedded stack: servers from Python packages, and the bridge between two of them."""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from omnibus.stacks import servers
from omnibus.stacks.bridge_settings import BridgeSettings
from omnibus.stacks.credentials import Credentials
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.layout import Layout, write_private
from omnibus.stacks.part import Heartbeat, Part
from omnibus.stacks.ports import HOST, allocate
from omnibus.stacks.run import Servers, run_stack
from schemas.topics import TOPICS

BRIDGE = "bridge"
BUCKETS = ("media", "questions")
"""The bucket that is indexed, and the one for pictures that are part of a question."""


def embedded(layout: Layout, buckets: tuple[str, str] = BUCKETS) -> Servers:
    """The three servers, which need nothing, and the bridge, which needs two of them.

    `buckets` are the indexed one and the one for questions. Raises `StackFailed` when a server is not installed.
    """
    ports = allocate(servers.PORTS, layout.run / "ports.json")
    credentials = Credentials.of(layout.run / "credentials.json")
    endpoints = endpoints_of(ports, credentials, buckets)
    return Servers(
        parts=(
            servers.tansu(layout, ports),
            servers.seaweedfs(layout, ports, credentials, buckets[0]),
            servers.valkey(layout, ports, credentials),
            bridge(layout, endpoints, ports["bridge"], credentials.bridge_token),
        ),
        endpoints=endpoints,
        forgets_events=(servers.TANSU, servers.SEAWEEDFS, BRIDGE),
        forgets_topics=(servers.TANSU,),
        clean_up=partial(servers.remove_sockets, ports),
    )


def run_embedded(data: Path) -> None:
    """The servers alone, in the foreground until a stop signal. Raises `StackFailed`."""
    run_stack(data, embedded)


def endpoints_of(ports: Mapping[str, int], credentials: Credentials, buckets: tuple[str, str]) -> Endpoints:
    """Where the servers can be reached once they run."""
    return Endpoints(
        stack="embedded",
        kafka=f"{HOST}:{ports['kafka']}",
        s3=f"http://{HOST}:{ports['s3']}",
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        bucket=buckets[0],
        question_bucket=buckets[1],
        redis=f"redis://:{credentials.redis_password}@{HOST}:{ports['redis']}/0",
    )


def bridge(layout: Layout, endpoints: Endpoints, port: int, token: str) -> Part:
    """The bridge: makes topics and buckets, then turns what SeaweedFS reports into notifications."""
    heartbeat = Heartbeat(layout.run / "bridge.heartbeat")
    settings = BridgeSettings(
        port=port,
        token=token,
        kafka=endpoints.kafka,
        topics={topic.name: topic.partitions for topic in TOPICS},
        s3=endpoints.s3,
        access_key=endpoints.access_key,
        secret_key=endpoints.secret_key,
        buckets=[endpoints.bucket, endpoints.question_bucket],
        heartbeat=str(heartbeat.file),
    )
    config = layout.run / "bridge.json"
    write_private(config, settings.to_json())
    return Part(
        name=BRIDGE,
        argv=[sys.executable, "-P", "-m", "omnibus.stacks.bridge", str(config)],
        env=dict(os.environ),
        cwd=layout.run,
        log=layout.logs / "bridge.log",
        ready=heartbeat.ready,
        heartbeat=heartbeat,
        # It waits for the object store by itself, and loads its libraries meanwhile.
        needs=(servers.TANSU,),
        # It makes the topics, which the broker forgets when it dies.
        restarts_with=(servers.TANSU,),
    )
