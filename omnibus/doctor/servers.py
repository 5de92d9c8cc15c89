"""Which servers cannot be used right now, and why: for `omnibus status`, which is asked often and must be quick."""

from collections.abc import Callable

from omnibus.doctor.finding import Fault
from omnibus.doctor.kafka import reach_kafka
from omnibus.doctor.redis import reach_redis
from omnibus.doctor.side_by_side import side_by_side
from omnibus.doctor.store import demand_buckets
from omnibus.settings import Settings

PROBE_S = 0.9
"""How long a server may take to accept a connection, and again to answer."""
LIMIT_S = 5.0
"""For all of them together; only a machine that is very busy needs it."""

Probe = Callable[[Settings, float], object]


def unreachable(settings: Settings) -> dict[str, str]:
    """Server ("kafka", "object store", "redis", "weaviate") -> a line with the reason and the remedy."""
    probes: dict[str, Probe] = {
        "kafka": reach_kafka,
        "object store": demand_buckets,
        "redis": reach_redis,
    }
    if settings.stack == "services":
        probes["weaviate"] = _weaviate_probe()
    results = side_by_side({name: _reason(probe, settings) for name, probe in probes.items()}, LIMIT_S)
    return {name: _line(name, result) for name, result in results.items() if result != ""}


def _reason(probe: Probe, settings: Settings) -> Callable[[], str]:
    def task() -> str:
        try:
            probe(settings, PROBE_S)
        except Fault as fault:
            return str(fault)
        return ""

    return task


def _line(name: str, result: str | Exception | None) -> str:
    if result is None:
        return f"{name}: no answer within {LIMIT_S:.0f} s; see whether it hangs"
    return result if isinstance(result, str) else f"{name}: {type(result).__name__}: {result}"


def _weaviate_probe() -> Probe:
    # What is imported takes longer than the probe, and only one stack needs it.
    from omnibus.doctor.weaviate import demand_writable, reach_weaviate  # noqa: PLC0415 - see above

    def probe(settings: Settings, timeout_s: float) -> None:
        reach_weaviate(settings, timeout_s)
        demand_writable(settings, timeout_s)

    return probe
