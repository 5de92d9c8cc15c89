"""A Kafka broker with listeners of every kind, for what a client meets at each."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from native_servers import demand_servers
from waiting import wait_until

from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import demand, kafka
from omnibus.stacks.ports import HOST, allocate
from omnibus.stacks.probes import kafka_answers
from omnibus.stacks.tether import tethered

SECURITY = {"PLAIN": "PLAINTEXT", "SASL": "SASL_PLAINTEXT", "TLS": "SSL", "BOTH": "SASL_SSL", "LOST": "PLAINTEXT"}
PASSWORD = "changeit"
NOWHERE = f"{HOST}:1"
LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_omnibus="secret";'


@contextmanager
def kafka_listeners(folder: Path) -> Iterator[dict[str, str]]:
    """Name of each listener -> its address. LOST advertises an address where nothing listens."""
    demand_servers()
    ports = allocate([*SECURITY, "CONTROLLER"], folder / "ports.json")
    program = demand(kafka(Compose.read(project_files() / "docker-compose.yml")))
    java = program.argv[0]
    _make_certificate(Path(java).with_name("keytool"), folder / "keys.p12")
    properties = folder / "server.properties"
    properties.write_text("".join(f"{name}={value}\n" for name, value in _properties(folder, ports).items()))
    env = {**os.environ, **program.env}
    storage = ["kafka.tools.StorageTool", "format", "-t", "b21uaWJ1cy1zZXJ2aWNlcw", "-c", str(properties)]
    subprocess.run([java, "-Xmx64m", *storage], env=env, cwd=folder, check=True, capture_output=True)
    with (folder / "kafka.log").open("wb") as log:
        broker = subprocess.Popen(
            tethered([java, "-Xmx256m", "kafka.Kafka", str(properties)]), env=env, cwd=folder, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: kafka_answers(ports["PLAIN"])() is None, timeout_s=90)
        yield {name: f"{HOST}:{ports[name]}" for name in SECURITY}
    finally:
        broker.kill()
        broker.wait()


def _make_certificate(keytool: Path, store: Path) -> None:
    key = ["-genkeypair", "-alias", "kafka", "-keyalg", "RSA", "-dname", "CN=localhost", "-storetype", "PKCS12"]
    command = [str(keytool), *key, "-keystore", str(store), "-storepass", PASSWORD]
    subprocess.run(command, check=True, capture_output=True)


def _properties(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    at = {name: f"{HOST}:{port}" for name, port in ports.items()}
    security = {**SECURITY, "CONTROLLER": "PLAINTEXT"}
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{at['CONTROLLER']}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAIN",
        "listeners": ",".join(f"{name}://{address}" for name, address in at.items()),
        "advertised.listeners": ",".join(f"{name}://{NOWHERE if name == 'LOST' else at[name]}" for name in SECURITY),
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in security.items()),
        "log.dirs": str(folder / "data"),
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": str(folder / "keys.p12"),
        "ssl.keystore.password": PASSWORD,
        "ssl.key.password": PASSWORD,
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl.plain.sasl.jaas.config": LOGIN,
        "listener.name.both.plain.sasl.jaas.config": LOGIN,
        "offsets.topic.replication.factor": "1",
    }
