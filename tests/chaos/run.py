"""One chaos run: start a stack, load it, strike it, wait until it is quiet, judge it."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep

from running import PROFILE, omnibus, up

from chaos.faults import ROLES, StackGone, Struck, life_of, strike_all
from chaos.judge import Fault, Wrong, judge_index, judge_replies
from chaos.ledger import Ledger
from chaos.load import Load
from chaos.plan import LANES, volleys
from chaos.recovery import Recovered, Watch
from chaos.rows import stored_rows
from chaos.truth import bucket_truth
from chaos.witness import Witness
from omnibus.composition import projection_of
from omnibus.settings import Settings, load_running
from omnibus.status import report
from workers.ingest.reconcile import Finding

BROKERS = {"embedded": "tansu"}
"""Stack -> the broker that forgets everything when it dies. Kafka does not."""
QUIET_S = 5.0
"""For so long nothing may happen on the bus before it is called quiet: MinIO repeats an event after up to 3 s."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. Leases in seconds; `patience_s` is how long recovery or quiet are waited for.

    With `gap_s` volleys follow each other after so many seconds, recovered or not, and recovery is measured at the end.
    """

    stack: str
    seed: int
    kills: int
    operations: int
    rate: float
    media_lease_s: float = 15
    question_lease_s: float = 35
    patience_s: float = 240
    gap_s: float = 0

    @property
    def bound_s(self) -> float:
        """Within how many seconds of a fault what it interrupted must be done."""
        return max(self.media_lease_s, self.question_lease_s) + 10

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the stack."""
        return {
            "media_lease_s": str(self.media_lease_s),
            "question_lease_s": str(self.question_lease_s),
            # A long answer is no better a target than a short one, and takes the cores from everything else.
            "answer_tokens": "16",
        }


@dataclass
class Outcome:
    """What came of it."""

    order: Order
    ledger: Ledger
    witness: Witness
    objects: int = 0
    segments: int = 0
    copies: int = 0
    """Terminal replies that were sent again, with the same event id and the same words."""
    seconds: float = 0.0
    struck: list[Struck] = field(default_factory=list)
    recoveries: list[Recovered] = field(default_factory=list)
    mended: dict[str, int] = field(default_factory=dict)
    """What `omnibus reconcile --fix` found at the end."""
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many of the faults were SIGKILL."""
        return sum(each.strike.kills for each in self.struck)

    def history(self, key: str) -> list[str]:
        """All that was done to a key and told of it, and the faults meanwhile, in order; seconds before each line."""
        told = [*self.ledger.history(key), *self.witness.history(key)]
        begin = min((at for at, _ in told), default=0.0) - 5
        faults = [(struck.began, str(struck)) for struck in self.struck if struck.began >= begin]
        return [f"{at - begin:8.3f} {line}" for at, line in sorted(told + faults)]


def run(order: Order, data: Path, say: Callable[[str], None]) -> Outcome:
    """The run, on a stack of its own in `data`, which is stopped at the end; its files stay."""
    begun = monotonic()
    up(order.stack, data, order.settings)
    try:
        settings = load_running(data)
        broker = BROKERS.get(order.stack)
        outcome = Outcome(order, Ledger(), Witness(settings.kafka, life_of(data, broker) if broker else lambda: 1))
        try:
            _load_and_strike(outcome, settings, say)
            _settle(outcome, settings)
        except StackGone as gone:
            outcome.wrong.append(Wrong(Fault.NOT_RECOVERED, "the stack", str(gone)))
        else:
            _judge(outcome, settings)
        finally:
            outcome.witness.stop()
    finally:
        omnibus("down", "--data", str(data))
    outcome.seconds = monotonic() - begun
    return outcome


def _load_and_strike(outcome: Outcome, settings: Settings, say: Callable[[str], None]) -> None:
    order, ledger, witness = outcome.order, outcome.ledger, outcome.witness
    load = Load(settings, order.seed, order.rate, ledger, witness)
    watch = Watch(settings, order.bound_s, projection_of(settings), ledger, witness)
    witness.start()
    load.start()
    try:
        _strike(outcome, watch, load, say)
        _until(lambda: load.idle, order.patience_s, load)
    finally:
        load.stop()
    say(f"{ledger.operations} operations; waiting until all is quiet")


def _settle(outcome: Outcome, settings: Settings) -> None:
    order = outcome.order
    _await_quiet(settings, outcome.witness, order.patience_s)
    if order.stack == "services":
        outcome.mended = _reconcile(settings.data)
        _await_quiet(settings, outcome.witness, order.patience_s)


def _strike(outcome: Outcome, watch: Watch, load: Load, say: Callable[[str], None]) -> None:
    order = outcome.order
    random = Random(f"strikes {order.seed}")
    planned = list(volleys(order.seed, ROLES[order.stack], order.kills))
    share = math.ceil(order.operations / len(planned) / LANES)
    # Before the first fault, so that every process is there to be struck.
    load.allow(share)
    say(f"before the first fault: {watch.recovery([], order.patience_s, load.check)}")
    unmeasured: list[Struck] = []
    for volley in planned:
        if volley is not planned[0]:
            load.allow(share)
        sleep(order.gap_s or volley.pause_s)
        unmeasured += strike_all(watch.settings.data, volley, random)
        if volley is planned[-1] or not order.gap_s:
            recovered = watch.recovery(unmeasured, order.patience_s, load.check)
            outcome.recoveries.append(recovered)
            outcome.struck += unmeasured
            unmeasured = []
            say(f"{outcome.kills:3} kills, {outcome.ledger.operations:4} operations: {recovered}")
            if recovered.left:
                outcome.wrong += [Wrong(Fault.NOT_RECOVERED, about, "in time") for about in recovered.left]
                raise StackGone(f"not recovered within {order.patience_s:.0f} s")


def _until(condition: Callable[[], bool], timeout_s: float, load: Load) -> None:
    deadline = monotonic() + timeout_s
    while not condition():
        load.check()
        if monotonic() > deadline:
            raise StackGone(f"the load came to a standstill; not within {timeout_s:.0f} s")
        sleep(0.2)


def _await_quiet(settings: Settings, witness: Witness, patience_s: float) -> None:
    """Until nothing is on its way any more. What is wrong then stays wrong, and is for the judge."""
    deadline = monotonic() + patience_s
    while monotonic() < deadline:
        status = report(settings)
        quiet = status["ready"] and not any(status["lag"].values()) and status["in_flight"] == 0
        if quiet and witness.quiet_for() > QUIET_S:
            return
        sleep(1)


def _reconcile(data: Path) -> dict[str, int]:
    done = omnibus("reconcile", "--fix", "--json", "--data", str(data), "--profile", PROFILE)
    if done.status:
        raise StackGone(f"the reconciliation failed: {done.err}")
    return {finding.value: json.loads(done.out)[finding.value] for finding in Finding}


def _judge(outcome: Outcome, settings: Settings) -> None:
    bucket, rows = bucket_truth(settings), stored_rows(settings)
    ledger, witness = outcome.ledger, outcome.witness
    outcome.objects = len(bucket)
    replies = witness.terminal_replies()
    outcome.copies = sum(len(each) - len(set(each)) for each in replies.values())
    outcome.segments = sum(not row.is_record for row in rows)
    outcome.wrong += judge_index(bucket, rows)
    outcome.wrong += judge_replies(ledger.questions, ledger.abandoned, replies)
    outcome.wrong += [Wrong(Fault.DEAD_LETTER, seen.place, seen.what) for seen in witness.dead]
