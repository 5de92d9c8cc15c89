"""Kafka: reachable, without TLS and SASL, new enough, at an address that is good here, with the topics."""

from collections.abc import Mapping, Sequence

from omnibus.doctor.finding import Fault, Finding, error, fault, ok, warning
from omnibus.doctor.kafka_wire import Answer, NotKafka, ask_brokers, ask_versions, speaks_tls
from omnibus.doctor.reach import CHECK_S, KAFKA, connection, host_and_port
from omnibus.settings import Settings
from producers.errors import BusUnavailable
from producers.setup.topics import Shortfall, shortfalls
from schemas.topics import TOPICS

CREATE_TOPICS, WITH_OWN_REPLICATION = 19, 4
"""The request, and its first version in which the broker chooses the number of replicas, as `setup` asks it to: Kafka's
2.4 (KIP-464)."""
PLAIN = f"Omnibus speaks to Kafka without either: name a PLAINTEXT listener in {KAFKA.variable}"


def reach_kafka(settings: Settings, timeout_s: float = CHECK_S) -> Answer:
    """What the first of the brokers that answers speaks. Raises `Fault` when none of them can be used."""
    problem: Fault | None = None
    for address in settings.kafka.split(","):
        try:
            return _reach(settings, address.strip(), timeout_s)
        except Fault as found:
            problem = problem or found
    assert problem is not None
    raise problem


def check_broker(settings: Settings) -> Sequence[Finding]:
    """Whether Kafka can be used."""
    try:
        answer = reach_kafka(settings)
    except Fault as found:
        return [fault("kafka", found)]
    return [judge_broker(answer.versions, settings.kafka)]


def check_topics(settings: Settings) -> Sequence[Finding]:
    """Whether the topics are there, with enough partitions; nothing when Kafka cannot be used."""
    try:
        reach_kafka(settings)
        short = shortfalls(settings.kafka, {topic.name: topic.partitions for topic in TOPICS})
    except Fault:
        return []
    except BusUnavailable as problem:
        return [error("topics", str(problem), "see the broker's log")]
    return judge_topics(short)


def judge_broker(versions: Mapping[int, tuple[int, int]], address: str) -> Finding:
    """By the versions of the requests that it takes."""
    version = version_of(versions)
    told = f"the broker at {address} answers" + (f" as Kafka {'.'.join(map(str, version))} does" if version else "")
    if versions.get(CREATE_TOPICS, (0, 0))[1] < WITH_OWN_REPLICATION:
        return error("kafka", f"{told}, which is too old", "install Kafka 2.4 or newer")
    return ok("kafka", told)


def judge_topics(short: Sequence[Shortfall]) -> list[Finding]:
    """A topic that is missing keeps the flows from working; too few partitions only bound how many share the work."""
    if not short:
        return [ok("topics", f"{len(TOPICS)} topics are there, with their partitions")]
    return [(warning if each.present else error)("topics", each.found, each.remedy) for each in short]


def version_of(versions: Mapping[int, tuple[int, int]]) -> tuple[int, ...] | None:
    """The broker's version, as far as the requests that it takes tell it; None when they do not."""
    from kafka.protocol.api_key import ApiKey  # noqa: PLC0415 - 100 ms that a probe can do without
    from kafka.protocol.broker_version_data import BrokerVersionData  # noqa: PLC0415 - the same

    known = {ApiKey(key): span for key, span in versions.items() if key in set(ApiKey)}
    try:
        version: tuple[int, ...] = BrokerVersionData(api_versions=known).broker_version
    except (KeyError, ValueError):
        return None
    return version


def _reach(settings: Settings, address: str, timeout_s: float) -> Answer:
    advice = KAFKA.advice(settings)
    try:
        host, port = host_and_port(address)
    except ValueError as problem:
        raise Fault(f"Kafka: {problem}", f"correct {KAFKA.variable}") from problem
    with connection(KAFKA, host, port, advice, timeout_s) as opened:
        try:
            answer = ask_versions(opened)
        except NotKafka as problem:
            if speaks_tls(host, port, timeout_s):
                raise Fault(f"Kafka: {address} wants TLS", PLAIN) from problem
            found = f"Kafka: what listens at {address} does not answer as Kafka does: {problem}"
            raise Fault(found, f"correct {KAFKA.variable}; if that is Kafka, see its log") from problem
        try:
            brokers = ask_brokers(opened)
        except NotKafka as problem:
            raise Fault(f"Kafka: {address} wants SASL (a user and a password)", PLAIN) from problem
    for broker in brokers:
        _demand_reachable(address, *broker, timeout_s)
    return answer


def _demand_reachable(address: str, host: str, port: int, timeout_s: float) -> None:
    """Clients go on with the addresses that the brokers give: of compose's two listeners one is for containers only."""
    if f"{host}:{port}" == address:
        return
    try:
        with connection(KAFKA, host, port, "", timeout_s):
            return
    except Fault as unreachable:
        raise Fault(
            f"Kafka at {address} sends its clients to {host}:{port}, where they cannot reach it ({unreachable.found})",
            "use a listener that advertises an address which is good here (docker-compose.yml: port 29092)",
        ) from unreachable
