"""The embedded stack: servers from Python packages, the bridge, and whatever parts the command adds."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from omnibus.settings import write_endpoints
from omnibus.stacks import servers
from omnibus.stacks.bridge_settings import BridgeSettings
from omnibus.stacks.credentials import Credentials
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.layout import Layout, write_private
from omnibus.stacks.lock import DataLock
from omnibus.stacks.part import Heartbeat, Part
from omnibus.stacks.ports import HOST, allocate
from omnibus.stacks.state import StackState
from omnibus.stacks.supervisor import Supervisor
from schemas.topics import TOPICS

BRIDGE = "bridge"
BUCKETS = ("media", "questions")
"""The bucket that is indexed, and the one for pictures that are part of a question."""

MoreParts = Callable[[Layout, Endpoints], Sequence[Part]]


def servers_only(_layout: Layout, _endpoints: Endpoints) -> Sequence[Part]:
    """No parts beyond the servers and the bridge."""
    return ()


def run_embedded(
    data: Path,
    *,
    more_parts: MoreParts = servers_only,
    on_change: Callable[[StackState], None] = lambda _: None,
    buckets: tuple[str, str] = BUCKETS,
    profile: str | None = None,
) -> None:
    """Run the stack in the foreground until a stop signal.

    `more_parts` makes the dispatchers and workers; they may need `tansu`, `seaweedfs`, `valkey` and `bridge`, and
    should restart with `tansu`, which forgets all topics. `buckets` are the indexed one and the one for questions.
    `profile` is noted beside the addresses, so that other commands on the directory use the same models.
    Raises `StackFailed` when another stack uses the directory, a server is not installed, or a part fails for good.
    """
    layout = Layout(data.resolve())
    layout.make()
    with DataLock(layout.lock) as lock:
        ports = allocate(servers.PORTS, layout.run / "ports.json")
        credentials = Credentials.of(layout.run / "credentials.json")
        endpoints = endpoints_of(layout, ports, credentials, buckets)
        write_endpoints(layout.data, endpoints.as_settings() | ({"profile": profile} if profile else {}))
        # Those of a stack that was killed, supervisor and all.
        servers.remove_sockets(ports)
        parts = [*server_parts(layout, ports, credentials, buckets), *more_parts(layout, endpoints)]
        try:
            Supervisor(parts, layout.run, on_change, endpoints=endpoints.to_dict(), keep_open=(lock.fileno(),)).run()
        finally:
            servers.remove_sockets(ports)


def endpoints_of(
    layout: Layout, ports: Mapping[str, int], credentials: Credentials, buckets: tuple[str, str]
) -> Endpoints:
    """Where the servers can be reached once they run."""
    return Endpoints(
        kafka=f"{HOST}:{ports['kafka']}",
        s3=f"http://{HOST}:{ports['s3']}",
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        bucket=buckets[0],
        question_bucket=buckets[1],
        redis=f"redis://:{credentials.redis_password}@{HOST}:{ports['redis']}/0",
        index=layout.index,
    )


def server_parts(
    layout: Layout, ports: Mapping[str, int], credentials: Credentials, buckets: tuple[str, str] = BUCKETS
) -> list[Part]:
    """The three servers, which need nothing, and the bridge, which needs two of them."""
    return [
        servers.tansu(layout, ports),
        servers.seaweedfs(layout, ports, credentials, buckets[0]),
        servers.valkey(layout, ports, credentials),
        bridge(layout, ports, credentials, buckets),
    ]


def bridge(
    layout: Layout, ports: Mapping[str, int], credentials: Credentials, buckets: tuple[str, str] = BUCKETS
) -> Part:
    """The bridge: makes topics and buckets, then turns what SeaweedFS reports into notifications."""
    endpoints = endpoints_of(layout, ports, credentials, buckets)
    heartbeat = Heartbeat(layout.run / "bridge.heartbeat")
    settings = BridgeSettings(
        port=ports["bridge"],
        token=credentials.bridge_token,
        kafka=endpoints.kafka,
        topics={topic.name: topic.partitions for topic in TOPICS},
        s3=endpoints.s3,
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        buckets=list(buckets),
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
