"""Weaviate: REST and gRPC reachable, the key taken, new enough, writable, and holding vectors of the models in use."""

import json
from collections.abc import Sequence
from typing import Any

from omnibus.doctor.finding import Fault, Finding, error, fault, ok
from omnibus.doctor.reach import CHECK_S, WEAVIATE, WEAVIATE_GRPC, connection, host_and_port, listens
from omnibus.doctor.spaces import judge_spaces, spaces_in_use
from omnibus.doctor.web import NoHttp, get
from omnibus.settings import Settings
from workers.adapters.index.weaviate import ALIAS
from workers.adapters.index.weaviate_collection import OLDEST, REMOVE, spaces_held

HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""What begins every HTTP/2 connection, gRPC's among them: the preface and an empty SETTINGS frame (RFC 9113, 3.4)."""
SETTINGS_FRAME = 4
READ_ONLY = "free some disk space for Weaviate, then: omnibus reconcile --fix; start it again if it stays so"


def reach_weaviate(settings: Settings, timeout_s: float = CHECK_S) -> str:
    """Its version. Raises `Fault` when it does not answer, refuses the key, or takes no writes."""
    version = _version(settings, timeout_s)
    _demand_grpc(settings, timeout_s)
    return version


def demand_writable(settings: Settings, timeout_s: float = CHECK_S) -> None:
    """Raise `Fault` when the collection is read-only, which is how Weaviate answers a disk that fills up."""
    name = _collection(settings, timeout_s)
    shards = _ask(settings, f"/v1/schema/{name}/shards", timeout_s) if name else None
    if read_only(shards or []):
        raise Fault(f"Weaviate at {settings.weaviate} is read-only", READ_ONLY)


def check_weaviate(settings: Settings) -> Sequence[Finding]:
    """Whether it can be used."""
    try:
        version = reach_weaviate(settings)
        demand_writable(settings)
    except Fault as found:
        return [fault("weaviate", found)]
    return [judge_version(version, settings.weaviate)]


def check_collection(settings: Settings) -> Sequence[Finding]:
    """Whether its vectors are of the models in use; nothing where that cannot be told."""
    try:
        name = _collection(settings, CHECK_S)
        schema = _ask(settings, f"/v1/schema/{name}", CHECK_S) if name else None
    except Fault:
        return []
    if not schema:
        return [ok("index", "Weaviate holds no collection yet; the first write makes it")]
    held = spaces_held(schema.get("description"))
    return judge_spaces(held, spaces_in_use(settings), f"the Weaviate collection {name}", REMOVE.format(ALIAS, name))


def judge_version(version: str, url: str) -> Finding:
    """Against what the adapter needs."""
    if numbers(version) < OLDEST:
        return error("weaviate", f"Weaviate at {url} is version {version}", f"install {OLDEST[0]}.{OLDEST[1]} or newer")
    return ok("weaviate", f"Weaviate {version} at {url} takes the key and writes")


def read_only(shards: Sequence[Any]) -> bool:
    """Of what `/v1/schema/…/shards` says."""
    return any(str(shard.get("status", "")).upper() == "READONLY" for shard in shards)


def numbers(version: str) -> tuple[int, ...]:
    """The first two numbers of a version such as "1.2.3"."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _version(settings: Settings, timeout_s: float) -> str:
    url = settings.weaviate
    listens(WEAVIATE, url, WEAVIATE.advice(settings), timeout_s, default_port=443 if url.startswith("https") else 80)
    meta = _ask(settings, "/v1/meta", timeout_s)
    if not isinstance(meta, dict) or "version" not in meta:
        raise Fault(f"what answers at {url} is no Weaviate", f"correct {WEAVIATE.variable}")
    return str(meta["version"])


def _collection(settings: Settings, timeout_s: float) -> str:
    """The collection behind our alias; "" when there is none yet."""
    alias = _ask(settings, f"/v1/aliases/{ALIAS}", timeout_s)
    return str(alias["class"]) if isinstance(alias, dict) and "class" in alias else ""


def _ask(settings: Settings, path: str, timeout_s: float) -> Any:
    """The JSON that Weaviate answers, None for what it does not have. Raises `Fault`."""
    url = settings.weaviate.rstrip("/")
    headers = {"Authorization": f"Bearer {settings.weaviate_key}"} if settings.weaviate_key else {}
    try:
        reply = get(url + path, timeout_s, headers)
    except NoHttp as problem:
        if "SSL" in str(problem):
            raise WEAVIATE.no_tls(url, problem) from problem
        raise Fault(f"Weaviate at {url} does not answer", WEAVIATE.advice(settings)) from problem
    if reply.status in {401, 403}:
        given = "refuses the API key" if settings.weaviate_key else "wants an API key"
        remedy = "set OMNIBUS_WEAVIATE_KEY to one of its AUTHENTICATION_APIKEY_ALLOWED_KEYS"
        raise Fault(f"Weaviate at {url} {given}", remedy)
    if reply.status == 503:
        raise Fault(f"Weaviate at {url} is not ready yet", "wait a moment; if it stays so, see its log")
    try:
        return json.loads(reply.body) if reply.status == 200 else None
    except ValueError:
        return None


def _demand_grpc(settings: Settings, timeout_s: float) -> None:
    at, advice = settings.weaviate_grpc, WEAVIATE_GRPC.advice(settings)
    try:
        host, port = host_and_port(at)
    except ValueError as problem:
        raise Fault(f"Weaviate's gRPC: {problem}", f"correct {WEAVIATE_GRPC.variable}") from problem
    with connection(WEAVIATE_GRPC, host, port, advice, timeout_s) as opened:
        if settings.weaviate.startswith("https"):
            return
        try:
            opened.sendall(HELLO)
            answer = opened.recv(9)
        except OSError:
            answer = b""
    if len(answer) < 4 or answer[3] != SETTINGS_FRAME:
        raise Fault(f"what listens at {at} is no gRPC", f"correct {WEAVIATE_GRPC.variable} (docker-compose.yml: 50051)")
