"""The faults: whom a role means at this moment, and what is done to it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import sleep, time

import psutil

from chaos.plan import Strike, Volley
from omnibus.stacks.state import PartState, Phase, read_state

WORKER = "ingest-light"
POOL, DECODER = "ingest child", "decoder"
"""Roles that are no parts of a stack, but below one: the processes of the ingest worker's pool, and their decoders."""
OURS = ("dispatch-media", "dispatch-questions", WORKER, POOL, DECODER, "answer")
ROLES = {
    "embedded": (*OURS, "bridge", "tansu", "seaweedfs", "valkey"),
    "services": (*OURS, "reconciler", "kafka", "minio", "weaviate", "redis"),
}
"""Stack -> who is struck. LanceDB has no process of its own: it is struck with whoever writes."""
DECODER_MODULE = "workers.adapters.decoders.child"


class StackGone(Exception):
    """The supervisor has given the stack up."""


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault that was done; `ended` is when the process died, or went on."""

    strike: Strike
    pid: int
    began: float
    ended: float

    def __str__(self) -> str:
        did = "SIGKILL" if self.strike.kills else f"SIGSTOP for {self.strike.frozen_s} s"
        return f"fault   {did} of {self.strike.role} (process {self.pid})"


def parts(data: Path) -> Sequence[PartState]:
    """The parts of the stack. Raises `StackGone`."""
    state = read_state(data)
    if state is None or state.problem:
        raise StackGone(state.problem if state else f"no stack runs on {data} any more; its log: {data}/up.log")
    return state.parts


def all_ready(data: Path) -> bool:
    """Whether every part is ready, and the ingest worker has its pool."""
    return all(part.phase is Phase.READY for part in parts(data)) and bool(processes(data, POOL))


def life_of(data: Path, part: str) -> Callable[[], int]:
    """A function that tells one process of this part from the next; 0 while there is none."""

    def life() -> int:
        with suppress(StackGone):
            return next((each.pid or 0 for each in parts(data) if each.name == part), 0)
        return 0

    return life


def processes(data: Path, role: str) -> list[psutil.Process]:
    """The processes that have this role now."""
    name = WORKER if role in (POOL, DECODER) else role
    pid = next(part.pid for part in parts(data) if part.name == name)
    if pid is None:
        return []
    with suppress(psutil.NoSuchProcess):
        part = psutil.Process(pid)
        if role not in (POOL, DECODER):
            return [part]
        below = [child for child in part.children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
        return [child for child in below if (DECODER_MODULE in child.cmdline()) == (role == DECODER)]
    return []


def strike(data: Path, planned: Strike, random: Random, patience_s: float = 20.0) -> Struck | None:
    """Kill or freeze one process of the role; None when there is none for `patience_s` seconds."""
    for process in _await(data, planned.role, random, patience_s):
        began = time()
        with suppress(psutil.NoSuchProcess):
            if planned.kills:
                process.kill()
            else:
                process.suspend()
                sleep(planned.frozen_s)
                # Its supervisor may have taken it for dead meanwhile.
                with suppress(psutil.NoSuchProcess):
                    process.resume()
            return Struck(planned, process.pid, began, time())
    return None


def strike_all(data: Path, volley: Volley, random: Random) -> list[Struck]:
    """The faults of one volley, side by side; those that met nobody are left out."""
    # Each has a source of chance of its own: they draw from it in no particular order.
    sources = [Random(random.getrandbits(32)) for _ in volley.strikes]
    with ThreadPoolExecutor(len(volley.strikes)) as pool:
        pending = []
        for planned, source in zip(volley.strikes, sources, strict=True):
            sleep(planned.after_s)
            pending.append(pool.submit(strike, data, planned, source))
        return [struck for each in pending if (struck := each.result()) is not None]


def _await(data: Path, role: str, random: Random, patience_s: float) -> Iterator[psutil.Process]:
    until = time() + patience_s
    while time() < until:
        found = processes(data, role)
        if found:
            yield random.choice(found)
        sleep(0.1)
